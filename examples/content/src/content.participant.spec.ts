import { readFileSync } from 'node:fs';
import type { ParticipantResult } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { StepFailure } from '@intendant/participant';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { pdfOf } from '../../data/pdf-writer.mjs';
import { checkedCapability, resultViolations, violations } from '../../testing/contract-check.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { ContentParticipant, contentCapabilities } from './index.js';

const participant = new ContentParticipant();
const capabilities = new Map(contentCapabilities.map((definition) => [definition.name, checkedCapability(definition)]));
const data = (name: string): Buffer => readFileSync(new URL(`../../data/${name}`, import.meta.url));
let context: MemoryContext;

async function handle(
  intentType: string,
  payload: Record<string, unknown>,
  within = context,
): Promise<ParticipantResult> {
  const capability = capabilities.get(intentType);
  expect(violations(capability?.inputContract ?? {}, payload)).toEqual([]);
  const result = await participant.handleIntent(intentOf(intentType, payload as never), within);
  expect(resultViolations(capability as never, result)).toEqual([]);
  return result;
}

async function uploaded(name: string, fileType: string): Promise<string> {
  const { ref } = context.store(data(name));
  return context.keep(await handle('content.upload', { uiName: name, fileType, contentRef: ref })).artifactId;
}

async function parsed(payload: Record<string, unknown>) {
  const artifact = context.keep(await handle('content.parse', payload));
  return { artifact, lines: context.lines<{ row: number; line?: number; values: Record<string, string> }>(artifact) };
}

beforeEach(() => {
  context = new MemoryContext('bct_1');
});

describe('content', () => {
  it('answers exactly what its capabilities declare', () => {
    expect(contentCapabilities.flatMap(({ intents }) => intents)).toEqual(participant.getSupportedIntents());
  });

  it('refuses an intent that it does not answer', async () => {
    const intent = intentOf('content.delete', {});
    await expect(participant.handleIntent(intent, context)).rejects.toMatchObject({ code: 'intent_not_supported' });
  });

  describe('upload', () => {
    const payload = (extra: Record<string, unknown> = {}) => {
      const { ref, sha256, sizeBytes } = context.store(data('employees.csv'));
      return {
        ingestionType: 'upload',
        uiName: 'employees.csv',
        fileType: 'csv',
        mimeType: 'text/csv',
        contentRef: ref,
        sha256,
        sizeBytes,
        ...extra,
      };
    };

    it('registers the content under the proposed boundary contract', async () => {
      const { artifacts, events } = await handle('content.upload', payload());
      expect(artifacts[0]).toMatchObject({
        artifactId: expect.stringMatching(/^file_[0-9a-f]{32}$/),
        semanticPayload: { uiName: 'employees.csv', boundaryContractId: 'bct_1' },
        parents: [payload().contentRef],
      });
      expect(events[0]?.eventType).toBe('content.file_registered');
    });

    it('gives the same bytes in the same session the same id, in another session another', async () => {
      const idIn = async (sessionId: string, extra = {}) => {
        const intent = intentOf('content.upload', payload(extra) as never, sessionId);
        return (await participant.handleIntent(intent, context)).artifacts[0]?.artifactId;
      };
      expect(await idIn('ses_a')).toBe(await idIn('ses_a', { uiName: 'again.csv' }));
      expect(await idIn('ses_a')).not.toBe(await idIn('ses_b'));
    });

    it.each([
      [{ sha256: '0'.repeat(64) }, 'content_digest_mismatch'],
      [{ sizeBytes: 1 }, 'content_size_mismatch'],
      [{ contentRef: `content://${'0'.repeat(64)}` }, 'reference_not_allowed'],
    ])('refuses content that is not what the payload says: %j', async (extra, code) => {
      await expect(handle('content.upload', payload(extra))).rejects.toMatchObject({ code });
    });

    it.each([
      [{ contentRef: 'stage://employees.csv' }],
      [{ uiName: '' }],
      [{ uiName: 'a\nb' }],
      [{ fileType: 'CSV!' }],
      [{ ingestionType: 'api' }],
      [{ extra: 1 }],
    ])('has an input contract that refuses %j', (extra) => {
      expect(violations(capabilities.get('content.upload')?.inputContract ?? {}, payload(extra))).not.toEqual([]);
    });
  });

  describe('save_materialization', () => {
    it('keeps a file under the contract it came in with', async () => {
      const fileId = await uploaded('employees.csv', 'csv');
      const { artifacts, stateChanges } = await handle('content.save_materialization', {
        fileId,
        boundaryContractId: 'bct_1',
      });
      expect(artifacts[0]).toMatchObject({ resultType: 'materialization', parents: [fileId] });
      expect(stateChanges[0]).toMatchObject({ scope: 'session', key: `content.materialized/${fileId}` });
    });

    it('refuses another contract, and what is not a file', async () => {
      const fileId = await uploaded('employees.csv', 'csv');
      const other = handle('content.save_materialization', { fileId, boundaryContractId: 'bct_2' });
      await expect(other).rejects.toMatchObject({ code: 'boundary_contract_mismatch' });
      const { artifact } = await parsed({ fileId, parsingType: 'csv' });
      const intent = intentOf('content.save_materialization', {
        fileId: artifact.artifactId,
        boundaryContractId: 'bct_1',
      });
      await expect(participant.handleIntent(intent, context)).rejects.toMatchObject({ code: 'not_a_file' });
    });
  });

  describe('parse', () => {
    it('reads the employees', async () => {
      const fileId = await uploaded('employees.csv', 'csv');
      const { artifact, lines } = await parsed({ fileId, parsingType: 'csv', parseOptions: { header: true } });
      expect(artifact).toMatchObject({
        resultType: 'parsed_content',
        semanticPayload: { parserType: 'csv', recordCount: 201, parsing: { delimiter: ',', raggedRows: { count: 0 } } },
        parents: [fileId],
      });
      expect(lines).toHaveLength(201);
      expect(lines[5]).toMatchObject({ row: 6, line: 8, values: { employee_id: 'E0006' } });
    });

    it('reads the policies with their copybook', async () => {
      const fileId = await uploaded('policies.bin', 'mainframe');
      const copybookReference = await uploaded('policies.cpy', 'copybook');
      const parseOptions = { encoding: 'ascii', output: 'jsonl', expectedRecordLength: 204 };
      const { artifact, lines } = await parsed({ fileId, parsingType: 'mainframe', copybookReference, parseOptions });
      expect(artifact.semanticPayload).toMatchObject({
        recordCount: 25,
        parsing: { recordLength: 204, recordName: 'POLICY-RECORD' },
      });
      expect(artifact.semanticPayload.columns).toContainEqual(
        expect.objectContaining({ name: 'CASH-VALUE', type: 'decimal', picture: '9(10)V99', scale: 2 }),
      );
      expect(artifact.parents).toEqual([fileId, copybookReference]);
      expect(lines[0]?.values['CASH-VALUE']).toBe('107564.46');
    });

    it('takes a copybook by content reference, and fails on 212-byte records', async () => {
      const fileId = await uploaded('policies_212.bin', 'mainframe');
      const { ref } = context.store(data('policies.cpy'));
      await expect(parsed({ fileId, parsingType: 'mainframe', copybookReference: ref })).rejects.toMatchObject({
        code: 'record_length_mismatch',
      });
    });

    it('passes on the failure of a record that is met while writing', async () => {
      const { ref } = context.store('05 A PIC 9(2).');
      const fileId = context.keep(
        await handle('content.upload', {
          uiName: 'a.bin',
          fileType: 'mainframe',
          contentRef: context.store('12x4').ref,
        }),
      ).artifactId;
      await expect(parsed({ fileId, parsingType: 'mainframe', copybookReference: ref })).rejects.toMatchObject({
        code: 'invalid_field_value',
        options: { details: { row: 2, offset: 2 } },
      });
    });

    it('reads the lines of a PDF as printed', async () => {
      const fileId = await uploaded('permit.pdf', 'pdf');
      const { artifact, lines } = await parsed({ fileId, parsingType: 'pdf', parseOptions: { keepLineNumbers: true } });
      expect(artifact.semanticPayload).toMatchObject({
        recordCount: 15,
        schema: { recordKind: 'text_line' },
        parsing: { pageCount: 1 },
      });
      expect(lines[1]).toEqual({ row: 2, line: 2, values: { page: 1, text: 'Permit Number: PER-2024-001234' } });
      expect(lines.at(-1)?.values.text).toBe('7. Keep a spill response plan on file.');
    });

    it('says how much of a PDF is in none of the lines', async () => {
      const lines = Array.from({ length: 50 }, () => 'twelve chars');
      const contentRef = context.store(pdfOf([lines])).ref;
      const uploading = handle('content.upload', { uiName: 'a.pdf', fileType: 'pdf', contentRef });
      const { artifact } = await parsed({ fileId: context.keep(await uploading).artifactId, parsingType: 'pdf' });
      const { recordCount, parsing } = artifact.semanticPayload;
      const count = (50 - Number(recordCount)) * 11;
      expect(parsing).toMatchObject({ textNotRead: { count, examples: [{ page: 1, characters: count }] } });
      expect(count).toBeGreaterThan(0);
    });

    it('lists the elements of a process with their lanes', async () => {
      const fileId = await uploaded('workflow_beneficiary_change.bpmn', 'bpmn');
      const { artifact, lines } = await parsed({ fileId, parsingType: 'bpmn' });
      expect(artifact.semanticPayload.parsing).toMatchObject({
        processes: [{ processId: 'Process_BeneficiaryChange', name: 'Beneficiary Change' }],
        countsByType: { userTask: 2, sendTask: 2, serviceTask: 1, exclusiveGateway: 1, sequenceFlow: 8 },
      });
      expect(lines.find(({ values }) => values.elementId === 'Task_SendConfirmation')?.values).toMatchObject({
        name: 'Send Confirmation',
        lane: 'Records',
      });
    });

    it('reads a process in the encoding that mark, options or the file itself say', async () => {
      const process = data('workflow_beneficiary_change.bpmn').toString().replace('Send Confirmation', 'Schlüssel');
      const taskIn = async (declared: string, encoding: BufferEncoding, parseOptions = {}) => {
        const text = process.replace(/encoding="[^"]*"/, `encoding="${declared}"`);
        const contentRef = context.store(Buffer.from(text, encoding)).ref;
        const uploading = handle('content.upload', { uiName: 'a.bpmn', fileType: 'bpmn', contentRef });
        const fileId = context.keep(await uploading).artifactId;
        const { artifact, lines } = await parsed({ fileId, parsingType: 'bpmn', parseOptions });
        const task = lines.find(({ values }) => values.elementId === 'Task_SendConfirmation');
        return [(artifact.semanticPayload.parsing as { encoding: string }).encoding, task?.values.name];
      };
      expect(process).toContain('encoding="UTF-8"');
      expect(await taskIn('UTF-16', 'utf16le', { encoding: 'utf-16le' })).toEqual(['utf-16le', 'Schlüssel']);
      expect(await taskIn('ISO-8859-1', 'latin1')).toEqual(['latin1', 'Schlüssel']);
      expect(await taskIn('ISO-8859-1', 'latin1', { encoding: 'latin1' })).toEqual(['latin1', 'Schlüssel']);
      expect(await taskIn('utf8', 'utf8')).toEqual(['utf-8', 'Schlüssel']);
      await expect(taskIn('US-ASCII', 'utf8')).rejects.toMatchObject({ code: 'invalid_encoding' });
    });

    it('gives the same result for the same intent, and another id for other options', async () => {
      const fileId = await uploaded('employees.csv', 'csv');
      const once = await handle('content.parse', { fileId, parsingType: 'csv' });
      const again = await handle('content.parse', { fileId, parsingType: 'csv' });
      const other = await handle('content.parse', { fileId, parsingType: 'csv', parseOptions: { header: false } });
      expect(digestOf(again)).toBe(digestOf(once));
      expect(other.artifacts[0]?.artifactId).not.toBe(once.artifacts[0]?.artifactId);
    });

    it('says that it is the output that is too large, and makes no more of it', async () => {
      const cells = '1,'.repeat(999);
      const contentRef = context.store(`${cells}1\n`.repeat(2_000)).ref;
      const uploading = handle('content.upload', { uiName: 'wide.csv', fileType: 'csv', contentRef });
      const fileId = context.keep(await uploading).artifactId;
      const write = async (stream: AsyncIterable<Buffer>): Promise<never> => {
        let sizeBytes = 0;
        for await (const chunk of stream) {
          sizeBytes += chunk.length;
          if (sizeBytes > 1_000_000) throw new StepFailure('content_too_large', 'content is larger than 1000000 bytes');
        }
        throw new Error('all of it was written');
      };
      const narrow = context.seenBy({ content: { ...context.content, write: write as never } });
      const payload = { fileId, parsingType: 'csv', parseOptions: { header: false } };
      const refused = participant.handleIntent(intentOf('content.parse', payload), narrow);
      const thrown = await refused.catch((error: unknown) => error as StepFailure);
      expect(thrown).toMatchObject({
        code: 'parsed_content_too_large',
        message: expect.stringContaining('content is larger than 1000000 bytes'),
      });
      const details = (thrown as StepFailure).options?.details;
      expect(details?.parsedBytes).toBeGreaterThan(1_000_000);
      expect(details?.parsedBytes).toBeLessThan(2_000_000);
      expect(details?.recordCount).toBeLessThan(200);
    });

    it('reports blank lines that are no records', async () => {
      const contentRef = context.store('a,b\n1,2\n\n3,4\n').ref;
      const uploading = handle('content.upload', { uiName: 'a.csv', fileType: 'csv', contentRef });
      const { artifact } = await parsed({ fileId: context.keep(await uploading).artifactId, parsingType: 'csv' });
      expect(artifact.semanticPayload).toMatchObject({
        recordCount: 2,
        parsing: { blankLines: { count: 1, examples: [3] } },
      });
    });

    it.each([
      ['employees.csv', 'csv', 'pdf', 'parsing_type_mismatch'],
      ['employees.csv', 'text', 'pdf', 'pdf_malformed'],
      ['employees.csv', 'text', 'bpmn', 'bpmn_malformed'],
    ])('does not read %s registered as %s as %s', async (name, fileType, parsingType, code) => {
      const fileId = await uploaded(name, fileType);
      await expect(parsed({ fileId, parsingType })).rejects.toMatchObject({ code });
    });

    it('stops when the call is cancelled', async () => {
      const fileId = await uploaded('permit.pdf', 'pdf');
      const cancelled = new MemoryContext(null, AbortSignal.abort());
      cancelled.keep({ artifacts: [context.references.artifact(fileId)] });
      cancelled.store(data('permit.pdf'));
      await expect(handle('content.parse', { fileId, parsingType: 'pdf' }, cancelled)).rejects.toMatchObject({
        name: 'AbortError',
      });
    });

    it.each([
      [{ parsingType: 'mainframe' }],
      [{ parsingType: 'csv', copybookReference: `content://${'0'.repeat(64)}` }],
      [{ parsingType: 'docx' }],
      [{ parsingType: 'csv', parseOptions: { delimiter: ';;' } }],
      [{ parsingType: 'csv', parseOptions: { guess: true } }],
    ])('has an input contract that refuses %j', (payload) => {
      const complete = { fileId: `file_${'0'.repeat(32)}`, ...payload };
      expect(violations(capabilities.get('content.parse')?.inputContract ?? {}, complete)).not.toEqual([]);
    });
  });
});
