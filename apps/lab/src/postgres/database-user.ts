import { spawnSync } from 'node:child_process';

/** The user the database runs as: PostgreSQL refuses root, so under root it is `nobody`; otherwise it is ours. */
export interface DatabaseUser {
  uid?: number;
  gid?: number;
}

const NOBODY = 65_534;

export function databaseUser(): DatabaseUser {
  if (process.getuid?.() !== 0) return {};
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') };
}

function idOfNobody(option: '-u' | '-g'): number {
  const { stdout, status } = spawnSync('id', [option, 'nobody'], { encoding: 'utf8' });
  const id = Number(stdout?.trim() || Number.NaN);
  return status === 0 && Number.isInteger(id) ? id : NOBODY;
}

/** Whether the user can enter the directory; asked of the system, which knows of access lists and mounts too. */
export function canEnter(directory: string, user: DatabaseUser): boolean {
  const args = ['-c', 'cd -- "$1"', 'sh', directory];
  return spawnSync('/bin/sh', args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
