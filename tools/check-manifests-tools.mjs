// The programs that check the manifests.
import { buildPrograms, missingPrograms, programOf } from './go-programs.mjs';
import { mayInstall } from './services/install.mjs';

const SOURCES = {
  kustomize: { module: 'sigs.k8s.io/kustomize/kustomize/v5', version: 'v5.7.1' },
  'kubectl-validate': { module: 'sigs.k8s.io/kubectl-validate', version: 'v0.0.4' },
  'kube-score': { module: 'github.com/zegl/kube-score/cmd/kube-score', version: 'v1.20.0' },
};

/**
 * Paths of the programs by name; installs those that are missing, on CI or with INTENDANT_TEST_INSTALL=1.
 * @returns {Record<string, string> | string} a string says why there are none
 */
export function manifestTools() {
  const missing = missingPrograms(SOURCES);
  if (missing.length > 0 && !mayInstall)
    return `${missing.join(', ')} not installed (INTENDANT_TEST_INSTALL=1 installs with Go, about five minutes)`;
  buildPrograms(SOURCES);
  return Object.fromEntries(Object.entries(SOURCES).map(([name, source]) => [name, programOf(name, source)]));
}
