import {
  debounceTime,
  filter,
  groupBy,
  map,
  mergeMap,
  type Observable,
  type SchedulerLike,
  scan,
} from 'rxjs';
import type { PhotographRules } from '../streams/photograph.ts';
import type { Quantity, Readings } from '../streams/reading.ts';

interface Outlet {
  readonly status: number;
  readonly current: number;
  readonly powerFactor: number;
  readonly energy: number;
  readonly voltage: number;
}

const UNKNOWN: Outlet = {
  status: Number.NaN,
  current: Number.NaN,
  powerFactor: Number.NaN,
  energy: Number.NaN,
  voltage: Number.NaN,
};

interface Value {
  readonly key: number;
  readonly quantity: Quantity;
  readonly value: number;
}

/**
 * The heart of the photograph service as one writes it with stock operators: an inner pipeline an outlet, which folds
 * its values, compares them with those of the last photograph, and debounces. It is the peer of a comparison: it knows
 * fewer rules (no intervals, no waiting for values, no resets, a status within the debounce is swallowed).
 */
export function groupByPhotographs(
  readings$: Observable<Readings>,
  rules: PhotographRules,
  scheduler: SchedulerLike,
): Observable<Outlet> {
  return readings$.pipe(
    mergeMap(valuesByOutlet),
    groupBy(({ key }) => key),
    mergeMap((outlet$) => {
      let last = UNKNOWN;
      return outlet$.pipe(
        scan((outlet, { quantity, value }) => ({ ...outlet, [quantity]: value }), UNKNOWN),
        filter((outlet) => isSignificant(outlet, last, rules)),
        debounceTime(rules.settleMs, scheduler),
        map((outlet) => {
          last = outlet;
          return outlet;
        }),
      );
    }),
  );
}

function valuesByOutlet({ box, quantity, values }: Readings): Value[] {
  if (quantity !== 'voltage')
    return values.map(({ index, value }) => ({ key: box * 10 + index, quantity, value }));
  const value = values[0]?.value ?? Number.NaN;
  return Array.from({ length: 10 }, (_, index) => ({ key: box * 10 + index, quantity, value }));
}

function isSignificant(outlet: Outlet, last: Outlet, rules: PhotographRules): boolean {
  return (
    outlet.status !== last.status ||
    (outlet.status === 2 &&
      (Math.abs(outlet.current - last.current) >= rules.currentDeadbandMa ||
        Math.abs(outlet.powerFactor - last.powerFactor) >= rules.powerFactorDeadband ||
        Math.abs(outlet.voltage - last.voltage) >= rules.voltageDeadbandV ||
        Math.abs(outlet.energy - last.energy) >= rules.energyDeadbandJ))
  );
}
