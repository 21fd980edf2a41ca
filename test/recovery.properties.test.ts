import { expect } from 'chai';
import fc from 'fast-check';
import type { BoxPhotographs } from '../streams/box-photographs.ts';
import type { BoxUtilization } from '../streams/box-utilization.ts';
import { type BoxConnection, ConnectionReducer } from '../streams/connection-reducer.ts';
import type { Observation } from '../streams/observation.ts';
import { PhotographReducer } from '../streams/photograph-reducer.ts';
import type { Point } from '../streams/point.ts';
import { Recovery, type Reducers } from '../streams/recovery.ts';
import { UtilizationReducer } from '../streams/utilization-reducer.ts';
import { runs } from './fixture/runs.ts';
import { type AllRules, LoggedRun, type LogRecord } from './model/logged-run.ts';
import { observations } from './model/observations.ts';
import { SHORT_RULES } from './model/traffic.ts';

const RULES: AllRules = {
  photographs: SHORT_RULES,
  connections: { silentAfterMs: SHORT_RULES.silentAfterMs, timeZone: 'Asia/Ho_Chi_Minh' },
  utilization: { intervalMs: 12, silentAfterMs: SHORT_RULES.silentAfterMs },
};
/** Long enough after the last observation for every interval, hour and midnight. */
const AFTERWARDS_MS = 25 * 3_600_000;

interface States {
  readonly photographs: readonly BoxPhotographs[];
  readonly connections: readonly BoxConnection[];
  readonly utilization: readonly BoxUtilization[];
}

/** A snapshot whose boxes were exported one after the other while the log went on. */
interface SlicedSnapshot extends States {
  readonly atMs: number;
  /** How many records of the log are before it. */
  readonly start: number;
  /** Of each box, how many records are before its own state. */
  readonly starts: ReadonlyMap<number, number>;
}

function createReducers(snapshot?: SlicedSnapshot): Required<Reducers> {
  const of = <B>(boxes: readonly B[] | undefined) =>
    snapshot === undefined || boxes === undefined ? undefined : { atMs: snapshot.atMs, boxes };
  return {
    photographs: new PhotographReducer(RULES.photographs, of(snapshot?.photographs)),
    connections: new ConnectionReducer(RULES.connections, of(snapshot?.connections)),
    utilization: new UtilizationReducer(RULES.utilization, of(snapshot?.utilization)),
  };
}

/** All that the reducers know. */
function statesOf({ photographs, connections, utilization }: Required<Reducers>): States {
  const boxesOf = <B>(reducer: { boxNumbers(): Iterable<number>; exportBox(box: number): B | undefined }) =>
    [...reducer.boxNumbers()]
      .sort((one, other) => one - other)
      .flatMap((box) => reducer.exportBox(box) ?? []);
  return {
    photographs: boxesOf(photographs),
    connections: boxesOf(connections),
    utilization: boxesOf(utilization),
  };
}

/** A run of which a snapshot was begun after the observation of place `from`, a box after the other, `pauses` apart. */
function runLive(all: readonly Observation[], from: number, pauses: readonly number[]) {
  const reducers = createReducers();
  const run = new LoggedRun(RULES, reducers, all[0]?.receivedAt ?? 0);
  const nextGap = all.findIndex(({ kind }, place) => place > from && kind === 'unobserved');
  const last = nextGap < 0 ? all.length - 1 : nextGap - 1;
  const slices = new Map<number, number[]>();
  pauses.reduce((place, pause, at) => {
    const slice = Math.min(place + pause, last);
    slices.set(slice, [...(slices.get(slice) ?? []), 10 + at]);
    return slice;
  }, from);
  const snapshot = { atMs: 0, start: 0, starts: new Map<number, number>(), ...statesOf(createReducers()) };
  for (const [place, observation] of all.entries()) {
    run.observe(observation);
    if (place === from) {
      snapshot.atMs = observation.receivedAt;
      snapshot.start = run.log.length;
    }
    const states = statesOf(reducers);
    for (const box of slices.get(place) ?? []) {
      snapshot.starts.set(box, run.log.length);
      snapshot.photographs = [
        ...snapshot.photographs,
        ...states.photographs.filter((one) => one.box === box),
      ];
      snapshot.connections = [
        ...snapshot.connections,
        ...states.connections.filter((one) => one.box === box),
      ];
      snapshot.utilization = [
        ...snapshot.utilization,
        ...states.utilization.filter((one) => one.box === box),
      ];
    }
  }
  const endMs = (all.at(-1)?.receivedAt ?? 0) + AFTERWARDS_MS;
  run.advanceTo(endMs);
  return { reducers, log: run.log, snapshot: from < 0 ? undefined : snapshot, endMs };
}

/** What JSON makes of it, as it comes back from the disk. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function boxOf(record: LogRecord): number | undefined {
  const about = record.kind === 'point' ? record.point.tags : record.observation;
  return 'box' in about && typeof about.box === 'number' ? about.box : undefined;
}

/** The reducers as they are after the log up to `cut`, and what was decided until then and is not in it. */
function recover(log: readonly LogRecord[], cut: number, snapshot: SlicedSnapshot | undefined) {
  const reducers = createReducers(
    snapshot && { ...throughJson({ ...snapshot, starts: undefined }), starts: snapshot.starts },
  );
  const recovery = new Recovery(reducers);
  for (let at = snapshot?.start ?? 0; at < cut; at++) {
    const record = log[at];
    if (record === undefined) break;
    const box = boxOf(record);
    if (box !== undefined && at < (snapshot?.starts.get(box) ?? 0)) continue;
    if (record.kind === 'observation') recovery.observe(record.observation);
    else recovery.record(throughJson(record.point));
  }
  return { reducers, pending: recovery.pending() };
}

/** Each series by itself, in its own order: between series there is none. */
function bySeries(points: readonly Point[]): Map<string, Point[]> {
  const series = new Map<string, Point[]>();
  for (const point of points) {
    const key = `${point.measurement} ${JSON.stringify(point.tags)}`;
    series.set(key, [...(series.get(key) ?? []), point]);
  }
  return series;
}

function pointsOf(log: readonly LogRecord[]): Point[] {
  return log.flatMap((record) => (record.kind === 'point' ? record.point : []));
}

describe('a log of any observations', function () {
  this.timeout(600_000);

  it('gives, cut anywhere and folded, with a snapshot or without, exactly the state, the points and the future of a run without a cut', () => {
    const begin = fc.oneof(fc.constant(-1), fc.nat(119));
    const pauses = fc.array(fc.nat(9), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(observations, begin, pauses, fc.nat(), (all, from, boxPauses, somewhere) => {
        const { reducers, log, snapshot, endMs } = runLive(all, from < all.length ? from : -1, boxPauses);
        const earliest = Math.max(0, snapshot?.start ?? 0, ...(snapshot?.starts.values() ?? []));
        const cut = earliest + (somewhere % (log.length - earliest + 1));

        const recovered = recover(log, cut, snapshot);
        const last = log.slice(0, cut).findLast(({ kind }) => kind === 'observation');
        const resumed = new LoggedRun(
          RULES,
          recovered.reducers,
          last?.kind === 'observation' ? last.observation.receivedAt : 0,
        );
        for (const record of log.slice(cut))
          if (record.kind === 'observation') resumed.observe(record.observation);
        resumed.advanceTo(endMs);

        const decided = [...recovered.pending, ...pointsOf(resumed.log)];
        expect(bySeries(decided)).to.deep.equal(bySeries(pointsOf(log.slice(cut))));
        expect(statesOf(recovered.reducers)).to.deep.equal(statesOf(reducers));
      }),
      { numRuns: runs(100) },
    );
  });
});
