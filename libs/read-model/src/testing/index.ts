export { describeReadModel, type ReadModelFixture } from './describe-read-model.js';
export { holdTables } from './hold-tables.js';
export { PARTITIONS, SampleLog } from './sample-log.js';
