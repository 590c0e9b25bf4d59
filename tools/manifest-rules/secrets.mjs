// Secrets stand in Secrets, which operators create: neither in a variable nor in a ConfigMap nor anywhere else in the manifests.
import { containersOf } from './documents.mjs';

const SECRET = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|PRIVATE|(?:API|ACCESS)_?KEY|(?:^|_)KEY$|HEADERS$/;
/** Names where the secret is, not what it is. */
const PLACE = /_(?:FILE|DIR|PATH)$/;

const soundsSecret = (name) => {
  const words = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  return SECRET.test(words) && !PLACE.test(words);
};

/** `$(NAME)` as a password is that of a variable, which has rules of its own. */
const SECRET_TEXTS = [
  /:\/\/[^\s/@:]*:(?!\$\()[^\s/@]+@/,
  /[?&]password=(?!\$\()/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** Paths to texts that hold a secret; their values are nobody's to read in a log. */
function* secretTexts(value, path = '') {
  if (typeof value === 'string' && SECRET_TEXTS.some((pattern) => pattern.test(value))) yield path;
  if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* secretTexts(inner, `${path}${path === '' ? '' : '.'}${inner?.name ?? key}`);
}

const VARIABLES = {
  subjectsOf: containersOf,
  rules: [
    {
      says: 'has a secret that does not come from a Secret',
      isBrokenBy: ({ env }) =>
        (env ?? [])
          .filter(({ name, valueFrom }) => soundsSecret(name) && valueFrom?.secretKeyRef === undefined)
          .map(({ name }) => name),
    },
  ],
};

const CONFIG_MAPS = {
  subjectsOf: (documents) => documents.filter(({ kind }) => kind === 'ConfigMap'),
  rules: [
    {
      says: 'holds what sounds like a secret',
      isBrokenBy: ({ data, binaryData }) => Object.keys({ ...data, ...binaryData }).filter(soundsSecret),
    },
  ],
};

const TEXTS = {
  // A Secret is refused as such.
  subjectsOf: (documents) => documents.filter(({ kind }) => kind !== 'Secret'),
  rules: [{ says: 'says a password or a private key', isBrokenBy: (document) => [...secretTexts(document)] }],
};

export const SECRETS = [VARIABLES, CONFIG_MAPS, TEXTS];
