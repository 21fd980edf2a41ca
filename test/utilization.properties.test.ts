import { expect } from 'chai';
import fc from 'fast-check';
import type { Readings } from '../streams/reading.ts';
import { sampleUtilization } from '../streams/sample-utilization.ts';
import type { UtilizationSample } from '../streams/utilization.ts';
import { UtilizationReducer } from '../streams/utilization-reducer.ts';
import { inVirtualTime } from './fixture/in-virtual-time.ts';
import { runReducer } from './fixture/run-reducer.ts';
import { runs } from './fixture/runs.ts';
import { daysOfTraffic, SILENT_AFTER_MS } from './model/days-of-traffic.ts';
import { modelUtilization } from './model/utilization-model.ts';

const RULES = { intervalMs: 12, silentAfterMs: SILENT_AFTER_MS };
/** So long after the last message everything has been written, also the full hour at which all is silent. */
const AFTERWARDS_MS = 3_600_000 + 100;

function endOf(messages: readonly Readings[]): number {
  return (messages.at(-1)?.receivedAt ?? 0) + AFTERWARDS_MS;
}

function samplesOf(messages: readonly Readings[]): UtilizationSample[] {
  return runReducer(new UtilizationReducer(RULES), messages, endOf(messages));
}

/** Each series by itself, in its own order: between series there is none. */
function bySeries(samples: readonly UtilizationSample[]): Map<string, UtilizationSample[]> {
  const series = new Map<string, UtilizationSample[]>();
  for (const sample of samples) {
    const key = `${sample.box}/${sample.kind === 'meter' ? 'meter' : sample.index}`;
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  return series;
}

describe('utilization of any traffic', function () {
  this.timeout(600_000);
  const check = (property: (messages: Readings[]) => void) =>
    fc.assert(fc.property(daysOfTraffic, property), { numRuns: runs(100) });

  it('is that of a slow model that reads all messages again at each instant', () => {
    check((messages) => {
      const model = modelUtilization(messages, RULES, endOf(messages));
      const written = [...model].filter(([, samples]) => samples.length > 0);
      expect(bySeries(samplesOf(messages))).to.deep.equal(new Map(written));
    });
  });

  it('is the same from the operator, by its own timer', () => {
    check((messages) => {
      const operator = inVirtualTime(
        (scheduler) => sampleUtilization(RULES, scheduler),
        messages,
        endOf(messages),
      );
      expect(operator).to.deep.equal(samplesOf(messages));
    });
  });
});
