import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run demo -- [--golden] [--fail-at=<step> | --crash-at=<record>]
  --golden             leaves out what differs from run to run
  --fail-at=<step>     a step of the wave migration fails, and what was done before it is undone
  --crash-at=<record>  the Runtime is killed when this record of the wave migration is in the log, and recovers:
                       a type (step.started), a type of one step (step.started:route_policies), or a seq (12)`;

/**
 * What was asked for; `problem` says what cannot be understood.
 * @param {readonly string[]} args
 */
export function demoOptions(args) {
  const options = { golden: { type: 'boolean' }, 'fail-at': { type: 'string' }, 'crash-at': { type: 'string' } };
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { golden = false, 'fail-at': failAt, 'crash-at': crashAt } = values;
    if (failAt !== undefined && crashAt !== undefined) return { problem: 'One of --fail-at and --crash-at at a time.' };
    return { golden, failAt, crashAt };
  } catch (failure) {
    return { problem: failure.message };
  }
}
