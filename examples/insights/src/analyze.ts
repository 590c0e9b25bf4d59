import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext } from '@intendant/participant';
import { type Anomaly, anomaliesOf } from './anomalies.js';
import { readRecords, tabularContent } from './parsed-content.js';
import { patternsOf } from './patterns.js';
import { reportResult } from './report.js';
import {
  dateRange,
  formatFinding,
  isNumberColumn,
  numbersOf,
  numericStatistics,
  statisticsFinding,
} from './statistics.js';
import { type ColumnData, columnsOf, frequencies } from './table.js';

export interface AnalyzePayload {
  readonly parsedFileId: string;
  readonly analysisType: 'structured';
  readonly analysisOptions?: {
    readonly includeStatistics?: boolean;
    readonly detectPatterns?: boolean;
    readonly identifyAnomalies?: boolean;
    readonly zScoreThreshold?: number;
    readonly iqrFactor?: number;
    /** How many of the most frequent values are listed per column. */
    readonly topValues?: number;
  };
}

const ANOMALIES_MAX = 200;
const DEFAULTS = { zScoreThreshold: 3, iqrFactor: 1.5, topValues: 5 };

/** Describes parsed records: counts and statistics per column, what stands out, what is regular. */
export async function analyze(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { parsedFileId, analysisType, analysisOptions = {} } = intent.payload as unknown as AnalyzePayload;
  const { includeStatistics = true, detectPatterns = true, identifyAnomalies = true } = analysisOptions;
  const options = { ...DEFAULTS, ...analysisOptions };
  const content = tabularContent(context, parsedFileId);
  const records = await readRecords(context, content);
  const columns = columnsOf(records, content.description.columns);
  const anomalies = identifyAnomalies ? columns.flatMap((column) => anomaliesOf(column, options)) : [];
  const described = columns.map((column) => describeColumn(column, options.topValues, includeStatistics));
  const findings = [
    ...columns.flatMap(formatFinding),
    ...described.flatMap(({ name, statistics, count }) => statisticsFinding(name, statistics, count)),
  ];
  const report = {
    parsedFileId,
    analysisType,
    recordCount: records.length,
    columns: described,
    ...(findings.length > 0 ? { findings } : {}),
    anomalyCount: anomalies.length,
    anomalies: anomalies.toSorted(byStrength).slice(0, ANOMALIES_MAX),
    patterns: detectPatterns ? patternsOf(columns) : [],
    options,
  };
  const analysisId = artifactIdOf('analysis', parsedFileId, analysisType, analysisOptions);
  return reportResult(context, {
    artifactId: analysisId,
    resultType: 'analysis',
    semanticPayload: report,
    parents: [parsedFileId],
    eventType: 'insights.content_analyzed',
    eventData: { analysisId, parsedFileId, recordCount: records.length, anomalyCount: anomalies.length },
  });
}

function describeColumn(column: ColumnData, topValues: number, withStatistics: boolean) {
  const { name, inferred, cells, counts, missing } = column;
  const numbers = withStatistics ? numbersOf(column) : [];
  return {
    name,
    type: inferred.type,
    format: inferred.format,
    count: cells.length,
    missing,
    distinct: counts.size,
    topValues: frequencies(counts)
      .slice(0, topValues)
      .map(({ value, count }) => ({ value: value.slice(0, 200), count })),
    statistics: isNumberColumn(column) ? numericStatistics(numbers, column.inexact) : null,
    dates: inferred.type === 'date' ? dateRange(numbers) : null,
  };
}

/** The farthest from the mean first; before them what has no distance from it, as what is not of its column's type. */
const byStrength = (a: Anomaly, b: Anomaly): number => strength(b) - strength(a);
const strength = ({ zScore }: Anomaly): number => (zScore === null ? Number.MAX_VALUE : Math.abs(zScore));
