import { RpcClient } from '@intendant/nest-kit';
import { ParticipantConnections } from '../dispatch/participant-connections.js';
import { PolicyClient } from '../policy/policy-client.js';
import { PolicyWatch } from '../policy/policy-watch.js';
import { RegistryView } from '../registry/registry-view.js';
import { RegistryWatch } from '../registry/registry-watch.js';
import type { Foundation } from './foundation.js';

export type Peers = ReturnType<typeof connectPeers>;

/** The other services: Smart City, Curator, and whoever Curator says is there. Connections open on first use. */
export function connectPeers({ env, tls, logger, clock }: Foundation) {
  const curator = new RpcClient({ ...env.INTENDANT_CURATOR_ADDRESS, service: 'curator' }, tls, logger);
  const smartCity = new RpcClient({ ...env.INTENDANT_SMART_CITY_ADDRESS, service: 'smart-city' }, tls, logger);
  const connections = new ParticipantConnections(tls, logger);
  const registry = new RegistryView(logger);
  const registryWatch = new RegistryWatch(curator, logger, (snapshot) => {
    registry.replace(snapshot);
    connections.keepOnly(snapshot.instances);
  });
  return {
    curator,
    policy: new PolicyClient(smartCity, env.INTENDANT_POLICY_DEADLINE_MS),
    policyWatch: new PolicyWatch(smartCity, clock),
    registry,
    registryWatch,
    connections,

    disconnect(): void {
      connections.closeAll();
      curator.close();
      smartCity.close();
    },
  };
}
