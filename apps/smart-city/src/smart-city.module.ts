import { type DynamicModule, Module } from '@nestjs/common';
import { PolicyDecider } from './policies/policy-decider.js';
import { TenantPolicies } from './policies/tenant-policies.js';
import { PolicyController } from './policy.controller.js';

@Module({})
export class SmartCityModule {
  /** The parts are made before the module, so that nothing listens until the policies are loaded. */
  static with(policies: TenantPolicies, decider: PolicyDecider): DynamicModule {
    return {
      module: SmartCityModule,
      controllers: [PolicyController],
      providers: [
        { provide: TenantPolicies, useValue: policies },
        { provide: PolicyDecider, useValue: decider },
      ],
    };
  }
}
