import { createLogger, ProcessEnv, parseConfig, readTlsFiles } from '@intendant/nest-kit';
import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { type CapabilityInput, definitionsOf } from '../definitions-of.js';
import type { RuntimeParticipant } from '../participant.js';
import { ParticipantEndpoint, type ParticipantPorts } from '../participant-endpoint.js';
import { ParticipantController } from './participant.controller.js';
import { systemPorts } from './system-ports.js';

export interface ParticipantOptions {
  /** Name of the service; its certificate must carry it. */
  readonly service: string;
  /** The domain service, an ordinary provider: its constructor is injected. */
  readonly participant: Type<RuntimeParticipant>;
  readonly capabilities: readonly CapabilityInput[];
  /** What the participant is built from. */
  readonly imports?: ModuleMetadata['imports'];
  readonly providers?: ModuleMetadata['providers'];
  /** Defaults to the clock, log and TLS identity that the environment describes. */
  readonly ports?: ParticipantPorts;
}

/** Serves one {@link RuntimeParticipant} over the transport of the application that imports it. */
@Module({})
export class ParticipantModule {
  static register(options: ParticipantOptions): DynamicModule {
    const ports = options.ports ?? portsOfEnvironment(options.service);
    const capabilities = definitionsOf(options.capabilities);
    return {
      module: ParticipantModule,
      imports: [...(options.imports ?? [])],
      controllers: [ParticipantController],
      providers: [
        ...(options.providers ?? []),
        options.participant,
        {
          provide: ParticipantEndpoint,
          inject: [options.participant],
          useFactory: (participant: RuntimeParticipant) => new ParticipantEndpoint(participant, capabilities, ports),
        },
      ],
      exports: [ParticipantEndpoint],
    };
  }
}

function portsOfEnvironment(service: string): ParticipantPorts {
  const env = parseConfig(ProcessEnv, process.env);
  return systemPorts(readTlsFiles(env), createLogger(service, env.INTENDANT_LOG_LEVEL));
}
