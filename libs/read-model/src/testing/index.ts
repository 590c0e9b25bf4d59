export { describeReadModel, type ReadModelFixture } from './describe-read-model.js';
export { PARTITIONS, SampleLog } from './sample-log.js';
