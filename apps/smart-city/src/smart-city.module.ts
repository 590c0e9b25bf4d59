import { type DynamicModule, Module } from '@nestjs/common';
import { PolicyDecider } from './policies/policy-decider.js';
import { TenantPolicies } from './policies/tenant-policies.js';
import { PolicyController } from './policy.controller.js';

@Module({})
class SmartCityModule {}

/** Takes its parts as they are: nothing listens until the policies are loaded. */
export const smartCityModule = (policies: TenantPolicies, decider: PolicyDecider): DynamicModule => ({
  module: SmartCityModule,
  controllers: [PolicyController],
  providers: [
    { provide: TenantPolicies, useValue: policies },
    { provide: PolicyDecider, useValue: decider },
  ],
});
