export { describedColumns } from './described-columns.js';
export { type EdgeLookUp, followLineage, LineageWalk } from './lineage-walk.js';
export { mashOf, mashPlan } from './mash.js';
export { mentionsOf } from './mentions.js';
export { provenanceEntry } from './provenance.js';
export { isReferenceText } from './reference-text.js';
