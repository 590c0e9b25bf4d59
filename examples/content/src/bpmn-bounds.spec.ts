import { describe, expect, it } from '@jest/globals';
import { cpuStopwatch } from '../../testing/cpu-time.js';
import { inventoryOf } from './bpmn-elements.js';

const CHARS_MAX = 1024 * 1024;
const PROCESS = '<process id="p"><task id="a"/>';
const NESTED = 20_000;

const model = (attributes = ''): string =>
  `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:x="x"${attributes}>`;

/** As many pieces as a file may have characters for. */
function filled(head: string, piece: (index: number) => string, tail: string): string {
  const pieces: string[] = [];
  let left = CHARS_MAX - head.length - tail.length;
  for (let next = piece(0); next.length <= left; next = piece(pieces.length)) {
    pieces.push(next);
    left -= next.length;
  }
  return `${head}${pieces.join('')}${tail}`;
}

const inProcess = (head: string, piece: (index: number) => string, tail = ''): string =>
  filled(`${model()}${PROCESS}${head}`, piece, `${tail}</process></definitions>`);

const nested = (attribute: (index: number) => string): string => {
  const open = Array.from({ length: NESTED }, (_, index) => `<x:a ${attribute(index)}>`).join('');
  const extension = `<extensionElements>${open}${'</x:a>'.repeat(NESTED)}</extensionElements>`;
  return `${model()}<process id="p">${extension}</process></definitions>`;
};

/** One call of the service must not keep all others waiting: 5 s of processor time is far above what any of these needs. */
async function readsSoon(xml: string): Promise<unknown> {
  expect(xml.length).toBeLessThanOrEqual(CHARS_MAX);
  const elapsedMs = cpuStopwatch();
  try {
    return await inventoryOf(xml);
  } catch (error) {
    return error;
  } finally {
    expect(elapsedMs()).toBeLessThan(5_000);
  }
}

describe('BPMN files made to keep the reader busy', () => {
  it.each([
    ['text between elements', inProcess('', () => 'x<task/>'), 'unexpected body text <x>'],
    ['attributes without a value', inProcess('<task ', () => 'b ', '/>'), 'missing attribute value'],
    [
      'attributes of no namespace',
      inProcess('<task ', (i) => `q${i}:a="" `, '/>'),
      'missing namespace for prefix <q0>',
    ],
    [
      'text before the first element',
      filled('', () => 'x<!---->', `${model()}${PROCESS}</process></definitions>`),
      'non-whitespace outside of root node',
    ],
  ])('%s: ends at the first of them', async (_, xml, reason) => {
    expect(await readsSoon(xml)).toMatchObject({
      code: 'bpmn_malformed',
      options: { details: { line: 1, reason } },
    });
  });

  it.each([
    [
      'a list of references as an attribute',
      inProcess('<task id="b" incoming="', () => 'a ', '"/>'),
      { referencesMax: 100_000 },
    ],
    ['a namespace for each of nested elements', nested((i) => `xmlns:n${i}="n"`), { namespaces: NESTED + 2 }],
    ['another default namespace for each', nested((i) => `xmlns='"${i}'`), { namespaces: NESTED + 2 }],
    [
      'many namespaces around many elements that declare one',
      filled(
        `${model(Array.from({ length: NESTED }, (_, i) => ` xmlns:n${i}="${i}"`).join(''))}${PROCESS}<extensionElements>`,
        () => '<x:a xmlns:b="c"/>',
        '</extensionElements></process></definitions>',
      ),
      { namespaces: NESTED + 3, namespaceCopiesMax: 1_000_000 },
    ],
    [
      'a long name that is repeated for whatever refers to it',
      filled(
        `${model()}<message id="m" name="${'n '.repeat(200_000)}"/>${PROCESS}<endEvent id="e">`,
        () => '<messageEventDefinition messageRef="m"/>',
        '</endEvent></process></definitions>',
      ),
      { property: 'name', characters: 400_000, charactersMax: 2_000 },
    ],
  ])('%s: is too large', async (_, xml, details) => {
    expect(await readsSoon(xml)).toMatchObject({ code: 'bpmn_too_large', options: { details } });
  });

  it('takes the namespaces, references and names that files have', async () => {
    const condition =
      '<sequenceFlow sourceRef="a" targetRef="a"><conditionExpression xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="tFormalExpression">x</conditionExpression></sequenceFlow>';
    expect(await readsSoon(inProcess('', () => condition))).toMatchObject({ processes: [{ processId: 'p' }] });
    const node = '<task><incoming>a</incoming></task>';
    expect(await readsSoon(inProcess('', () => node))).toMatchObject({ processes: [{ processId: 'p' }] });
    const named = `${model()}<process id="p" name="${'n'.repeat(2_000)}"/></definitions>`;
    expect(await readsSoon(named)).toMatchObject({ processes: [{ name: 'n'.repeat(2_000) }] });
  });

  it.each(['documentation', 'flowElements'])('knows the list %s from an attribute of that name', async (name) => {
    const xml = `${model()}<process id="p" ${name}="x"/></definitions>`;
    expect(await readsSoon(xml)).toMatchObject({
      code: 'bpmn_malformed',
      options: { details: { reason: `attribute <${name}> stands for elements` } },
    });
  });
});
