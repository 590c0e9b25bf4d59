import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthGuard } from './http/auth.guard.js';
import { ContentController } from './http/content.controller.js';
import { DataGrantsController } from './http/data-grants.controller.js';
import { DataQueriesController } from './http/data-queries.controller.js';
import { DataReferencesController } from './http/data-references.controller.js';
import { ErrorPagesController } from './http/error-pages.controller.js';
import { ExecutionMetricsController } from './http/execution-metrics.controller.js';
import { ExecutionsController } from './http/executions.controller.js';
import { HealthController } from './http/health.controller.js';
import { IntentsController } from './http/intents.controller.js';
import type { KnownPaths } from './http/known-paths.js';
import { ListsController } from './http/lists.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import { OpenApiController } from './http/openapi.controller.js';
import { OutboxController } from './http/outbox.controller.js';
import { PoliciesController } from './http/policies.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { ReadModelController } from './http/read-model.controller.js';
import { RefusalsController } from './http/refusals.controller.js';
import { ReplaysController } from './http/replays.controller.js';
import { SagaActionsController } from './http/saga-actions.controller.js';
import { SagasController } from './http/sagas.controller.js';
import { SessionReplayController } from './http/session-replay.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { SignalsController } from './http/signals.controller.js';
import { PLATFORM } from './http/tokens.js';
import { WalRecordsController } from './http/wal-records.controller.js';
import type { Platform } from './platform/compose.js';
import { SignalDesk } from './signals/signal-desk.js';

@Module({})
export class RuntimeModule {
  static of(platform: Platform, paths: KnownPaths): DynamicModule {
    return {
      module: RuntimeModule,
      controllers: [
        IntentsController,
        SessionsController,
        ContentController,
        ReplaysController,
        ListsController,
        SessionReplayController,
        WalRecordsController,
        DataReferencesController,
        DataGrantsController,
        DataQueriesController,
        ExecutionsController,
        ExecutionMetricsController,
        ReadModelController,
        SignalsController,
        SagasController,
        SagaActionsController,
        RefusalsController,
        PoliciesController,
        OutboxController,
        HealthController,
        MetricsController,
        OpenApiController,
        ErrorPagesController,
      ],
      providers: [
        { provide: PLATFORM, useValue: platform },
        { provide: APP_FILTER, useValue: new ProblemFilter(platform.logger, paths) },
        { provide: SignalDesk, useValue: new SignalDesk(platform) },
        AuthGuard,
      ],
    };
  }
}
