import { expect } from 'chai';
import { expireUntil, foldLive } from './keyed-reducer.ts';
import type { Observation } from './observation.ts';
import type { Photograph, PhotographRules } from './photograph.ts';
import { photographPoint } from './photograph-point.ts';
import { PhotographReducer } from './photograph-reducer.ts';
import type { Point } from './point.ts';
import type { Quantity } from './reading.ts';
import { Recovery } from './recovery.ts';
import { UNKNOWN } from './unknown.ts';
import { UtilizationReducer } from './utilization-reducer.ts';

const RULES: PhotographRules = {
  currentDeadbandMa: 1000,
  powerFactorDeadband: 10,
  voltageDeadbandV: 10,
  energyDeadbandJ: 3.6e6,
  intervalMs: 1_800_000,
  idleIntervalMs: 86_400_000,
  settleMs: 2000,
  settleMaxMs: 10_000,
  changeMinIntervalMs: 0,
  silentAfterMs: 600_000,
};

function reading(receivedAt: number, quantity: Quantity, value: number): Observation {
  const values = [{ index: 0, value }];
  return {
    kind: 'readings',
    box: 10,
    quantity,
    receivedAt,
    retained: false,
    resumed: false,
    backlog: false,
    values,
  };
}

function recorded(timeMs: number, reason: Photograph['reason'], status: number, currentMa = UNKNOWN): Point {
  const unknown = { powerFactor: UNKNOWN, voltageV: UNKNOWN, energyJ: UNKNOWN, command: UNKNOWN };
  const of = { box: 10, outlet: 0, registerReset: false, backlog: false };
  return photographPoint({ ...of, ...unknown, timeMs, reason, status, currentMa });
}

function inWords(points: readonly Point[]): string[] {
  return points.map(({ measurement, fields, timeMs }) =>
    measurement === 'photograph'
      ? `${fields.reason} ${fields.status} @${timeMs}`
      : `${measurement} @${timeMs}`,
  );
}

/** Folds a log under `rules`; `goOn` says what is decided after it, when `next` follows a gap. */
function recover(log: readonly (Observation | Point)[], rules = RULES) {
  const photographs = new PhotographReducer(rules);
  const recovery = new Recovery({ photographs });
  for (const record of log) {
    if ('measurement' in record) recovery.record(record);
    else recovery.observe(record);
  }
  const goOn = (from: number, to: number, next?: Observation, untilMs = to): string[] => {
    const taken: Point[] = [];
    const emit = (photograph: Photograph) => void taken.push(photographPoint(photograph));
    foldLive(photographs, { kind: 'unobserved', from, receivedAt: to }, emit);
    if (next !== undefined) foldLive(photographs, next, emit);
    expireUntil(photographs, untilMs, emit);
    return inWords(taken);
  };
  return { pending: inWords(recovery.pending()), goOn };
}

describe('Recovery', () => {
  it('decides nothing again that the log has', () => {
    const log = [reading(0, 'status', 2), recorded(0, 'first', 2)];
    const { pending, goOn } = recover(log);
    expect(pending).to.deep.equal([]);
    expect(goOn(5000, 60_000)).to.deep.equal([]);
  });

  it('takes at the next start what was still due', () => {
    const { pending, goOn } = recover([reading(0, 'status', 2)]);
    expect(pending).to.deep.equal([]);
    expect(goOn(0, 60_000)).to.deep.equal(['first 2 @0']);
  });

  it('gives what an observation decided at once, and was torn off the log', () => {
    const { pending, goOn } = recover([reading(0, 'status', 2), reading(1000, 'status', 3)]);
    expect(pending).to.deep.equal(['first 2 @0']);
    expect(goOn(1000, 60_000)).to.deep.equal(['status 3 @1000']);
  });

  it('gives that nothing was observed, if that was torn off', () => {
    const { pending } = recover([{ kind: 'unobserved', from: 0, receivedAt: 1000 }]);
    expect(pending).to.deep.equal(['gap @1000']);
  });

  it('lets other settings change nothing of what was decided: a shorter settling', () => {
    const log = [
      reading(0, 'status', 2),
      recorded(0, 'first', 2),
      reading(20_000, 'status', 3),
      reading(21_000, 'current', 500),
      // Under these rules it would have been taken before, and another change begun.
      reading(22_000, 'current', 0),
      recorded(22_000, 'status', 3, 0),
    ];
    const { pending, goOn } = recover(log, { ...RULES, settleMs: 100, settleMaxMs: 500 });
    expect(pending).to.deep.equal([]);
    expect(goOn(25_000, 60_000)).to.deep.equal([]);
  });

  it('lets other settings lose no status that had not been taken', () => {
    const log = [
      reading(0, 'status', 2),
      recorded(0, 'first', 2),
      reading(20_000, 'status', 3),
      reading(29_000, 'status', 3),
    ];
    const { pending, goOn } = recover(log, { ...RULES, settleMs: 100, settleMaxMs: 500 });
    expect([...pending, ...goOn(29_000, 60_000)]).to.deep.equal(['status 3 @20000']);
  });

  it('takes over what was recorded though these settings would not have: a smaller deadband', () => {
    const log = [
      reading(0, 'status', 2),
      reading(1, 'current', 5000),
      recorded(1, 'first', 2, 5000),
      reading(20_000, 'current', 4500),
      recorded(20_000, 'change', 2, 4500),
      reading(30_000, 'current', 3500),
    ];
    const { pending, goOn } = recover(log);
    expect(pending).to.deep.equal([]);
    // Against the 4500 mA that were recorded, not the 5000 mA.
    expect(goOn(30_000, 60_000)).to.deep.equal(['change 2 @30000']);
  });

  it('looks at what other settings call for with the first message after the start, though it repeats what is known', () => {
    const log = [
      reading(0, 'status', 2),
      reading(1, 'current', 5000),
      recorded(1, 'first', 2, 5000),
      reading(20_000, 'current', 4500),
      reading(30_000, 'current', 4500),
    ];
    const { goOn } = recover(log, { ...RULES, currentDeadbandMa: 400 });
    expect(goOn(30_000, 60_000, reading(61_000, 'current', 4500), 70_000)).to.deep.equal(['change 2 @61000']);
  });

  it('takes no notice of points of roles that the process does not have, nor of the log of writes', () => {
    const recovery = new Recovery({
      utilization: new UtilizationReducer({ intervalMs: 60_000, silentAfterMs: 600_000 }),
    });
    recovery.observe(reading(0, 'status', 2));
    recovery.record(recorded(0, 'first', 2));
    recovery.record({
      measurement: 'connection',
      tags: { box: 10 },
      timeMs: 0,
      fields: { online: true, silent: false },
    });
    recovery.record({
      measurement: 'write_log',
      tags: { measurement: 'photograph', day: '2026-11-24' },
      timeMs: 0,
      fields: { points: 1 },
    });
    expect(recovery.pending()).to.deep.equal([]);
  });
});
