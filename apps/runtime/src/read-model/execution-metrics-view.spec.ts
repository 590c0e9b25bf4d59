import type { IntentTypeMetrics } from '@intendant/read-model';
import { describe, expect, it } from '@jest/globals';
import { metricsView } from './execution-metrics-view.js';

const NONE = { total: 0, successful: 0, failed: 0, compensated: 0, cancelled: 0, stuck: 0, unsettled: 0, endedMs: 0 };
const row = (intentType: string, counts: Partial<IntentTypeMetrics>): IntentTypeMetrics => ({
  ...NONE,
  ...counts,
  intentType,
});

describe('metrics of executions', () => {
  it('have no rate and no average where nothing was judged or ended', () => {
    const none = { total: 0, successRate: null, errorRate: null, averageMs: null, byIntentType: [] };
    expect(metricsView([])).toMatchObject(none);
    const [running] = metricsView([row('a.b', { total: 1, unsettled: 1 })]).byIntentType;
    expect(running).toMatchObject({ intentType: 'a.b', total: 1, successRate: null, averageMs: null });
  });

  it('count what is stuck as an error that has not ended, and what was cancelled as ended and no error', () => {
    const uploads = { total: 6, successful: 3, failed: 1, cancelled: 2, endedMs: 600 };
    const view = metricsView([
      row('content.upload', uploads),
      row('a.b', { total: 4, compensated: 1, stuck: 1, unsettled: 2, endedMs: 100 }),
    ]);
    expect(view).toMatchObject({ total: 10, successRate: 0.5, errorRate: 0.5, averageMs: 100 });
    expect(view.byIntentType[0]).toMatchObject({ successRate: 0.75, errorRate: 0.25, averageMs: 100 });
    expect(view.byIntentType[1]).toMatchObject({ successRate: 0, errorRate: 1, averageMs: 100 });
  });
});
