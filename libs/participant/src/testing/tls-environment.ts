import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '@intendant/nest-kit';

/** The files as a process gets them: environment variables and the files they name; `remove` deletes them. */
export function tlsEnvironment(files: TlsFiles): { env: Record<string, string>; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'intendant-spec-'));
  const write = (name: string, bytes: Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  return {
    env: {
      INTENDANT_TLS_CA_FILE: write('ca.pem', files.ca),
      INTENDANT_TLS_CERT_FILE: write('cert.pem', files.cert),
      INTENDANT_TLS_KEY_FILE: write('key.pem', files.key),
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
