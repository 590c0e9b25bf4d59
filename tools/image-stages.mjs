// Performs the steps of a Dockerfile in folders, as far as that goes without a container engine: each stage is a folder, COPY
// honours .dockerignore, RUN runs with the folder's WORKDIR as its own. Base images are empty folders, so RUN lines of a
// stage that begins with one are left out until a WORKDIR was named: they make users, not files.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** @returns {Map<string, { from: string, steps: [instruction: string, rest: string][] }>} by the stage's name */
export function stagesOf(dockerfile) {
  const stages = new Map();
  let steps = [];
  const lines = dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  for (const line of lines.filter((text) => text.trim() !== '')) {
    const [instruction, ...words] = line.split(' ');
    if (instruction === 'FROM') {
      steps = [];
      stages.set(words[2], { from: words[0], steps });
    } else steps.push([instruction, words.join(' ')]);
  }
  return stages;
}

/** Whether .dockerignore keeps a path out: the last pattern that matches the path or a folder above it decides. */
export function ignoredBy(text) {
  const patterns = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const rules = patterns.map((line) => {
    const parts = line.replace(/^!/, '').split('**/');
    const expression = parts.map((part) => part.replaceAll('.', '\\.').replaceAll('*', '[^/]*')).join('(?:.*/)?');
    return { keeps: line.startsWith('!'), expression: new RegExp(`^${expression}(?:/.*)?$`) };
  });
  return (path) => {
    const rule = rules.findLast(({ expression }) => expression.test(path));
    return rule !== undefined && !rule.keeps;
  };
}

/** By hard links: a step replaces files and changes none in place. */
function copyTree(source, target) {
  const { status } = spawnSync('cp', ['-al', source, target], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`copying ${source} ended with ${status}`);
}

/** Builds stages below a folder, each once. */
export class StageBuilder {
  #built = new Map();

  constructor({ context, scratch, args }) {
    this.context = context;
    this.scratch = scratch;
    this.args = args;
    this.stages = stagesOf(readFileSync(join(context, 'Dockerfile'), 'utf8'));
    this.isIgnored = ignoredBy(readFileSync(join(context, '.dockerignore'), 'utf8'));
  }

  /** @returns {{ root: string, workdir: string, env: Record<string, string>, command: string[] }} */
  build(name) {
    const done = this.#built.get(name);
    if (done !== undefined) return done;
    const { from, steps } = this.stages.get(name);
    const base = this.stages.has(from) ? this.build(from) : { workdir: '', env: {}, command: [] };
    const root = join(this.scratch, name);
    if (base.root === undefined) mkdirSync(root);
    else copyTree(base.root, root);
    const stage = { ...base, env: { ...base.env }, root };
    for (const [instruction, rest] of steps) this.#perform(stage, instruction, this.#filledIn(rest));
    this.#built.set(name, stage);
    return stage;
  }

  #filledIn = (text) => text.replaceAll(/\$\{(\w+)\}/g, (whole, name) => this.args[name] ?? whole);

  #perform(stage, instruction, rest) {
    if (instruction === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
    } else if (instruction === 'ENV') {
      for (const pair of rest.split(' '))
        stage.env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
    } else if (instruction === 'COPY') this.#copy(stage, rest.split(' '));
    else if (instruction === 'RUN' && stage.workdir !== '') this.#run(stage, rest);
    else if (instruction === 'CMD') stage.command = JSON.parse(rest);
  }

  #copy(stage, words) {
    const target = join(stage.root, stage.workdir, words.at(-1));
    if (words[0].startsWith('--from=')) {
      const source = join(this.build(words[0].slice('--from='.length)).root, words[1]);
      copyTree(`${source}/.`, target);
      return;
    }
    const filter = (path) => !this.isIgnored(path.slice(this.context.length));
    for (const source of words.slice(0, -1)) {
      const to = words.at(-1).endsWith('/') ? join(target, basename(source)) : target;
      if (!existsSync(this.context + source)) throw new Error(`COPY ${source}: not there`);
      if (!filter(this.context + source)) throw new Error(`COPY ${source}: .dockerignore keeps it out`);
      cpSync(this.context + source, to, { recursive: true, filter });
    }
  }

  #run(stage, command) {
    const cwd = join(stage.root, stage.workdir);
    const { status } = spawnSync('sh', ['-c', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`RUN ${command} ended with ${status}`);
  }
}
