export { holdMarks } from './hold-marks.js';
export { readTopic } from './read-topic.js';
