import { UNKNOWN } from './unknown.ts';
import { BoxSeries, type Series } from './utilization-state.ts';

/** What UtilizationReducer knows of one box, as plain data that JSON keeps exactly: a column each value, of its series. */
export interface BoxUtilization {
  readonly box: number;
  readonly meterVoltageV: number;
  readonly meterCurrentA: number;
  readonly writtenVoltageV: number;
  readonly writtenCurrentA: number;
  readonly status: readonly number[];
  readonly liveAtMs: readonly number[];
  readonly energy: readonly number[];
  readonly held: readonly number[];
  readonly readAtMs: readonly number[];
  readonly writtenEnergy: readonly number[];
  readonly writtenAtMs: readonly number[];
  readonly opensUntilMs: readonly number[];
}

const NUMBERS = [
  'status',
  'liveAtMs',
  'energy',
  'held',
  'readAtMs',
  'writtenEnergy',
  'writtenAtMs',
  'opensUntilMs',
] as const satisfies (keyof BoxUtilization & keyof Series)[];

export function exportBoxSeries(box: BoxSeries): BoxUtilization {
  const all = box.allSeries();
  const column = (name: (typeof NUMBERS)[number]): number[] => all.map((series) => series[name]);
  return {
    box: box.box,
    meterVoltageV: box.meterVoltageV,
    meterCurrentA: box.meterCurrentA,
    writtenVoltageV: box.writtenVoltageV,
    writtenCurrentA: box.writtenCurrentA,
    status: column('status'),
    liveAtMs: column('liveAtMs'),
    energy: column('energy'),
    held: column('held'),
    readAtMs: column('readAtMs'),
    writtenEnergy: column('writtenEnergy'),
    writtenAtMs: column('writtenAtMs'),
    opensUntilMs: column('opensUntilMs'),
  };
}

export function importBoxSeries(exported: BoxUtilization): BoxSeries {
  const box = new BoxSeries(exported.box, UNKNOWN);
  box.meterVoltageV = exported.meterVoltageV;
  box.meterCurrentA = exported.meterCurrentA;
  box.writtenVoltageV = exported.writtenVoltageV;
  box.writtenCurrentA = exported.writtenCurrentA;
  for (const series of box.allSeries()) {
    for (const name of NUMBERS) series[name] = exported[name][series.index] ?? UNKNOWN;
  }
  return box;
}
