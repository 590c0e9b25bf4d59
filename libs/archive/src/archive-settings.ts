import { z } from 'zod';
import { DirectoryStore } from './directory-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

/** Variables that say where the archive is. */
export const ArchiveVariables = {
  INTENDANT_ARCHIVE: z.enum(['none', 'directory', 's3']).default('none'),
  INTENDANT_ARCHIVE_DIR: z.string().min(1).optional(),
  /** `https://host[:port]` of the S3 API. */
  INTENDANT_ARCHIVE_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  INTENDANT_ARCHIVE_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{2,62}$/)
    .optional(),
  INTENDANT_ARCHIVE_S3_REGION: z.string().min(1).default('us-east-1'),
  INTENDANT_ARCHIVE_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  INTENDANT_ARCHIVE_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
};

const Settings = z.object(ArchiveVariables);
export type ArchiveSettings = z.infer<typeof Settings>;

/** The variables do not say where the archive is. */
export class ArchiveUnconfigured extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'ArchiveUnconfigured';
  }
}

const NEEDED = {
  none: [],
  directory: ['INTENDANT_ARCHIVE_DIR'],
  s3: [
    'INTENDANT_ARCHIVE_S3_ENDPOINT',
    'INTENDANT_ARCHIVE_S3_BUCKET',
    'INTENDANT_ARCHIVE_S3_ACCESS_KEY_ID',
    'INTENDANT_ARCHIVE_S3_SECRET_ACCESS_KEY',
  ],
} as const;

/** What is missing for the archive that is wanted, one line each. */
export const archiveProblems = (settings: ArchiveSettings): string[] =>
  NEEDED[settings.INTENDANT_ARCHIVE].flatMap((name) =>
    settings[name] === undefined ? [`${name}: needed with INTENDANT_ARCHIVE=${settings.INTENDANT_ARCHIVE}`] : [],
  );

/** Settings from variables. Throws {@link ArchiveUnconfigured} naming each that is wrong. */
export function readArchiveSettings(env: NodeJS.ProcessEnv): ArchiveSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = Settings.safeParse(given);
  if (!success) throw new ArchiveUnconfigured(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  return data;
}

/** The store that the settings name, or null for none. Throws {@link ArchiveUnconfigured}. */
export function openObjectStore(settings: ArchiveSettings): ObjectStore | null {
  const problems = archiveProblems(settings);
  if (problems.length > 0) throw new ArchiveUnconfigured(problems);
  if (settings.INTENDANT_ARCHIVE === 'none') return null;
  if (settings.INTENDANT_ARCHIVE === 'directory') return new DirectoryStore(settings.INTENDANT_ARCHIVE_DIR as string);
  return new S3Store({
    endpoint: settings.INTENDANT_ARCHIVE_S3_ENDPOINT as string,
    bucket: settings.INTENDANT_ARCHIVE_S3_BUCKET as string,
    region: settings.INTENDANT_ARCHIVE_S3_REGION,
    accessKeyId: settings.INTENDANT_ARCHIVE_S3_ACCESS_KEY_ID as string,
    secretAccessKey: settings.INTENDANT_ARCHIVE_S3_SECRET_ACCESS_KEY as string,
  });
}
