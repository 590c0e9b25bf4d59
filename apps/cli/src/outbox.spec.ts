import { executionId, json } from '@intendant/client/testing';
import { describe, expect, it } from '@jest/globals';
import { scriptedCommandLine } from '../test/scripted-command-line.js';

const cli = scriptedCommandLine();
const { asked, run, serve } = cli;

const at = '2026-11-20T10:00:00.000Z';
const eventId = `${executionId}/11`;
const named = { eventId, executionId, eventType: 'content.file_parsed', createdAt: at };

describe('outbox', () => {
  it('tells what waits and what was given up', async () => {
    const letter = { ...named, diedAt: at, reason: 'too large', attempts: 5, redriveAsked: true, redrivenAt: null };
    const pending = [{ partition: 3, entries: 9, events: null }];
    const halted = [{ partition: 4, finding: 'another entry' }];
    const status = { broker: 'kafka', state: 'standby', problem: null, pending, halted, deadLetters: [letter] };
    serve({ 'GET /v1/outbox': json(status) });
    const { stdout } = await run(['outbox', 'status']);
    expect(stdout).toMatch(/broker +kafka\nstate +standby\n/);
    expect(stdout).toContain('partition 3: unknown events wait in 9 entries\npartition 4 is halted: another entry\n');
    expect(stdout).toContain(`${eventId}  content.file_parsed  ${at}  5         asked     too large`);
    expect((await run(['outbox', 'status', '-o', 'ids'])).stdout).toBe(`${eventId}\n`);
  });

  it('tells of every event of an execution whether it is published', async () => {
    const entry = { ...named, eventData: {}, published: true, publishedAt: at, dead: false };
    const dead = { ...entry, published: false, publishedAt: null, dead: true };
    serve({ 'GET /v1/outbox/entries': json({ entries: [entry, dead] }) });
    const { stdout } = await run(['outbox', 'entries', executionId]);
    expect(stdout).toMatch(new RegExp(`${at}  ${at}\\n.*${at}  dead\\n`));
    expect(asked()).toEqual([`GET /v1/outbox/entries?executionId=${executionId}`]);
  });

  it('has a dead letter published once more', async () => {
    const path = `POST /v1/outbox/dead-letters/${encodeURIComponent(eventId)}/redrive`;
    serve({ [path]: json({ eventId, redriveAsked: true }) });
    expect((await run(['outbox', 'redrive', eventId])).stdout).toBe(`${eventId} will be tried once more\n`);
    expect(asked()).toEqual([path]);
  });
});
