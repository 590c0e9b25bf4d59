// Loaded into a service before its own code: does to it, on SIGUSR2, what the file in FAULT_ORDER says.
//   block            its event loop stands still, until the file says something else
//   throw            an exception that nobody catches
//   heap             keeps everything it makes, until there is no memory
//   clock <ms>       its clock goes wrong by so much, from now on
import { readFileSync } from 'node:fs';

const file = process.env.FAULT_ORDER;

const ORDERS = {
  block: () => {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (readFileSync(file, 'utf8') === 'block') Atomics.wait(nothing, 0, 0, 50);
  },
  throw: () =>
    setImmediate(() => {
      throw new Error('thrown on order');
    }),
  heap: () => {
    const kept = [];
    const more = () => {
      kept.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
      setImmediate(more);
    };
    more();
  },
  clock: (ms) => {
    const RealDate = Date;
    const now = () => RealDate.now() + Number(ms);
    globalThis.Date = class extends RealDate {
      constructor(...args) {
        super(...(args.length === 0 ? [now()] : args));
      }

      static now() {
        return now();
      }
    };
  },
};

// children of the service inherit the module, and not the order
if (file !== undefined)
  process.on('SIGUSR2', () => {
    const [order, argument] = readFileSync(file, 'utf8').split(' ');
    ORDERS[order](argument);
  });
