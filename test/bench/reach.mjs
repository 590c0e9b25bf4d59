// How far from the floor anything can be that keeps the design's promises: the floor with what they cost, one after the
// other, and nothing of what Intendant does itself. The read model, which two cores share with it, is not in these numbers.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFiles, ensureCertificates } from '../../apps/lab/dist/identity/service-certificates.js';
import { alternate } from './compare.mjs';
import { medianOf, ONE_STEP } from './measure.mjs';
import { start } from './processes.mjs';
import { startFloor } from './targets.mjs';

/** What an acceptance and an outcome of a one-step intent have in the log beside the floor's bytes. */
const ENTRY_BYTES = { acceptedBytes: 3_400, completedBytes: 1_100 };
const CHAINED = { floorLog: { module: 'chained', settings: {} }, pids: () => ({}) };

export async function reach({ rounds, roundMs }) {
  const directory = await mkdtemp(join(tmpdir(), 'intendant-reach-'));
  const certificates = await makeCertificates(directory);
  const { child: load } = await start('load-process.mjs');
  const targets = [
    await startFloor(),
    await startFloor(CHAINED, { name: 'entries', ...ENTRY_BYTES }),
    await startFloor(CHAINED, { name: 'and mutual TLS', ...ENTRY_BYTES, certificates }),
    await startFloor(CHAINED, { name: 'and a decision', ...ENTRY_BYTES, certificates, hasDecision: true }),
  ];
  const report = {};
  try {
    for (const concurrency of [1, 64]) {
      const results = await alternate(load, targets, { shape: ONE_STEP, concurrency, durationMs: roundMs }, rounds);
      const floor = medianOf(results.floor);
      report[concurrency] = targets.map(({ name }) => {
        const one = medianOf(results[name]);
        const [throughput, p50] = [one.perSecond / floor.perSecond, one.p50Ms / floor.p50Ms];
        console.log(
          `concurrency ${concurrency}  ${name.padEnd(15)} ${one.perSecond.toFixed(0).padStart(6)}/s ${(throughput * 100).toFixed(0).padStart(4)} %  p50 ${one.p50Ms.toFixed(2)} ms ${p50.toFixed(2)} ×`,
        );
        return { name, ...one, ratio: { throughput, p50 } };
      });
    }
  } finally {
    for (const target of targets) await target.stop();
    await rm(directory, { recursive: true, force: true });
    load.disconnect();
  }
  return report;
}

/** One certificate for both ends of every call. */
async function makeCertificates(directory) {
  await ensureCertificates(directory, [{ name: 'bench', realms: [] }]);
  const files = certificateFiles(directory, 'bench');
  const [ca, cert, key] = await Promise.all(
    [files.authority, files.certificate, files.privateKey].map((file) => readFile(file, 'utf8')),
  );
  return { ca, cert, key };
}
