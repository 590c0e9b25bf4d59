// What the rules look at: the documents of built manifests, and the pods and containers in them.
import { parseAllDocuments } from 'yaml';

/**
 * YAML 1.2: what only older versions read as a boolean (`yes`, `on`) stays text here, and no rule takes it for false.
 * @param {string} text
 */
export function documentsOf(text) {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS();
    })
    .filter((document) => document !== null)
    .map((document) => ({ where: `${document.kind} ${document.metadata?.name}`, ...document }));
}

const TEMPLATE_OF = {
  Pod: (document) => document,
  Deployment: ({ spec }) => spec.template,
  StatefulSet: ({ spec }) => spec.template,
  DaemonSet: ({ spec }) => spec.template,
  Job: ({ spec }) => spec.template,
  CronJob: ({ spec }) => spec.jobTemplate.spec.template,
};

export const podsOf = (documents) =>
  documents
    .filter(({ kind }) => Object.hasOwn(TEMPLATE_OF, kind))
    .map((document) => ({ where: document.where, ...TEMPLATE_OF[document.kind](document) }));

export const containersOf = (documents) =>
  podsOf(documents).flatMap((pod) =>
    [pod.spec.initContainers, pod.spec.containers, pod.spec.ephemeralContainers]
      .flatMap((containers) => containers ?? [])
      .map((container) => ({ ...container, where: `${pod.where}, container ${container.name}`, pod })),
  );
