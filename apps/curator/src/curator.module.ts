import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from './registry/registry.js';
import { RegistryWatch } from './registry/registry-watch.js';
import { RegistryController } from './registry.controller.js';

@Module({})
export class CuratorModule {
  /** The parts are made before the module, so that nothing listens until the registry is loaded. */
  static with(registry: Registry, watch: RegistryWatch): DynamicModule {
    return {
      module: CuratorModule,
      controllers: [RegistryController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: RegistryWatch, useValue: watch },
      ],
    };
  }
}
