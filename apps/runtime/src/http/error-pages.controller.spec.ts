import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { errorPage } from './error-pages.controller.js';

const inRoot = (path: string): URL => new URL(`../../../../${path}`, import.meta.url);

describe('the pages of error codes', () => {
  it('are read where the repository has them', async () => {
    expect(await errorPage('wal_unavailable')).toMatch(/^# wal_unavailable\n/);
  });

  it.each([
    'cancelled',
    'compensation_requested',
    'resolved_as_failed',
    'approval_denied',
    'approval_timed_out',
    'child_failed',
    'child_compensated',
    'child_cancelled',
    'handler_ended',
    'journal_unavailable',
    'step_undone',
    'csv_ragged_row',
  ])('%s, which no response has, is on the page of step errors', async (code) => {
    expect(await errorPage(code)).toMatch(new RegExp(`^# step-errors\\n[^]*^\\|[^|]*\`${code}\``, 'm'));
  });

  it.each(['no_such_code', 'step', 'details', '.*', 'README', '__proto__', '../errors/not_found'])(
    '%s has none: not found',
    async (code) => {
      await expect(errorPage(code)).rejects.toThrow('not_found');
    },
  );

  it('a code whose page is not installed is not found, not a defect', async () => {
    await expect(errorPage('not_found', inRoot('docs/no-such-folder/'))).rejects.toThrow('not_found');
  });

  it('are in the image of the Runtime, where the code looks for them', () => {
    expect(readFileSync(inRoot('.dockerignore'), 'utf8').split('\n')).toContain('!docs/errors');
    const [, stage = ''] = readFileSync(inRoot('Dockerfile'), 'utf8').split(/^FROM build AS runtime-files$/m);
    const [steps = ''] = stage.split(/^FROM /m);
    expect(steps).toContain('COPY docs/errors docs/errors\n');
    expect(steps).toMatch(/cp -a --parents .*apps\/runtime\/dist docs\/errors image\n/);
  });
});
