/** npm and the terminal both pass on one Ctrl-C; a second one of the user's comes later than this. */
const SAME_REQUEST_MS = 500;

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopRequests {
  /** Resolves at the first request. */
  first: Promise<NodeJS.Signals>;
  /** Resolves when the user insists. */
  second: Promise<NodeJS.Signals>;
}

const PARENT_LOOK_MS = 250;

/**
 * Listens for Ctrl-C, SIGTERM and the terminal's closing, for as long as the process lives. Under npm the end of the
 * parent is a request too: npm passes SIGTERM to a shell that dies of it and passes it on to nobody.
 */
export function stopRequests(env: NodeJS.ProcessEnv): StopRequests {
  let requestedAt: number | undefined;
  let onFirst: (name: NodeJS.Signals) => void = () => undefined;
  let onSecond: (name: NodeJS.Signals) => void = () => undefined;
  const first = new Promise<NodeJS.Signals>((resolve) => {
    onFirst = resolve;
  });
  const second = new Promise<NodeJS.Signals>((resolve) => {
    onSecond = resolve;
  });
  for (const name of STOP_SIGNALS) {
    process.on(name, () => {
      if (requestedAt === undefined) onFirst(name);
      else if (name !== 'SIGHUP' && Date.now() - requestedAt > SAME_REQUEST_MS) onSecond(name);
      requestedAt ??= Date.now();
    });
  }
  if (env.npm_lifecycle_event) onParentEnd(() => process.emit('SIGHUP', 'SIGHUP'));
  return { first, second };
}

function onParentEnd(then: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, PARENT_LOOK_MS);
  timer.unref();
}
