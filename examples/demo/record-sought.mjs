const TYPE = /^[a-z]+\.[a-z_]+$/;

/**
 * What `--crash-at` names: a record type, `<type>:<stepId>` (with or without the copy: `execute_migration` or
 * `execute_migration.0`), or a seq.
 * @param {string} text
 */
export function recordSought(text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return { text, is: ({ seq }) => seq === Number(text) };
  const [type = '', stepId, ...rest] = text.split(':');
  if (!TYPE.test(type) || stepId === '' || rest.length > 0)
    throw new Error(`"${text}" names no record: say a type (step.started), a type:step, or a seq.`);
  const isStep = (given) => stepId === undefined || given === stepId || given?.split('.')[0] === stepId;
  return { text, is: (record) => record.type === type && isStep(record.data.stepId) };
}
