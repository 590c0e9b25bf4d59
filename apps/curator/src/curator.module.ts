import { type DynamicModule, Module } from '@nestjs/common';
import { OwnershipController } from './ownership/ownership.controller.js';
import { OwnershipTable } from './ownership/ownership-table.js';
import { Registry } from './registry/registry.js';
import { RegistryWatch } from './registry/registry-watch.js';
import { RegistryController } from './registry.controller.js';

@Module({})
export class CuratorModule {
  /** The parts are made before the module, so that nothing listens until the registry is loaded. */
  static with(registry: Registry, watch: RegistryWatch, ownership: OwnershipTable): DynamicModule {
    return {
      module: CuratorModule,
      controllers: [RegistryController, OwnershipController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: RegistryWatch, useValue: watch },
        { provide: OwnershipTable, useValue: ownership },
      ],
    };
  }
}
