import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { createLogger, databaseOverTls, loadConfig, nestLogger, runProcess } from '@intendant/nest-kit';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { linkRules, logRules, productionRules, RuntimeEnv, retentionRules } from './config.js';
import { installBodyParsers } from './http/body-parsers.js';
import { installForwarding } from './http/forwarding.js';
import { answerUnmetExpectations, frameworkProblems } from './http/framework-problems.js';
import { startHealthListener } from './http/health-listener.js';
import { installIntentRoute } from './http/intent-route.js';
import { KnownPaths } from './http/known-paths.js';
import { endConnectionsWithDrain } from './http/last-answers.js';
import { refuseAmbiguousRequests } from './http/request-form.js';
import { outboxRules } from './outbox/outbox-config.js';
import { compose } from './platform/compose.js';
import { RuntimeModule } from './runtime.module.js';

/** A client that sends its headers slower than this is cut off. */
const HEADERS_MS_MAX = 10_000;
/** Connections beyond this are refused by the listener. */
const CONNECTIONS_MAX = 10_000;
/** Time for the answers in flight to leave before a process whose log failed ends. */
const FATAL_LINGER_MS = 200;

// By default the heap may grow to several times what lives in it before it is collected; memory is to stay flat instead.
setFlagsFromString('--heap-growing-percent=40');

const env = loadConfig(RuntimeEnv, [
  productionRules,
  logRules,
  linkRules,
  outboxRules,
  retentionRules,
  databaseOverTls,
]);
const logger = createLogger('runtime', env.INTENDANT_LOG_LEVEL);

await runProcess(logger, async () => {
  const platform = await compose(env, logger, (error) => {
    logger.fatal({ err: error }, 'an append failed: ending the process, nothing more is acknowledged');
    setTimeout(() => process.exit(1), FATAL_LINGER_MS);
  });
  await platform.start();
  const adapter = new FastifyAdapter({
    ...frameworkProblems,
    bodyLimit: env.INTENDANT_CONTENT_BYTES_MAX,
    requestTimeout: 120_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    // what still comes while the listener closes is answered like anything else
    return503OnClosing: false,
    http: { ...frameworkProblems.http, headersTimeout: HEADERS_MS_MAX },
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  const paths = new KnownPaths();
  paths.listenTo(server);
  const app = await NestFactory.create<NestFastifyApplication>(RuntimeModule.of(platform, paths), adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
  });
  installBodyParsers(server, env.INTENDANT_BODY_BYTES_MAX);
  endConnectionsWithDrain(server, platform.drain);
  refuseAmbiguousRequests(server, platform, paths);
  installForwarding(server, platform, paths);
  installIntentRoute(server, platform, paths);
  platform.forwarded.servedBy((request, response) => server.routing(request, response));
  app.getHttpServer().maxConnections = CONNECTIONS_MAX;
  answerUnmetExpectations(app.getHttpServer());
  await app.listen(env.INTENDANT_RUNTIME_PORT, env.INTENDANT_HOST);
  // until the process ends
  await startHealthListener(env, platform);
  const address = app.getHttpServer().address() as { port: number };
  return {
    readyDetail: { port: address.port, url: `http://${env.INTENDANT_HOST}:${address.port}` },
    drain: async (reason) => {
      // while requests are still served: what has moved is handed on to whoever holds it now
      await platform.holding.handOver();
      platform.drain.begin();
      await app.close();
      await platform.stop(reason);
    },
  };
});
