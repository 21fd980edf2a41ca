import type { Observable, SchedulerLike } from 'rxjs';
import type { PointOf } from '../../../streams/point.ts';
import type { Readings } from '../../../streams/reading.ts';
import { sampleConsumption } from '../../../streams/sample-consumption.ts';
import { toConsumptionPoint } from '../../../streams/to-consumption-point.ts';

/** The energy registers of all outlets over time, from what their boxes say; at most one point in `intervalMs` each. */
export function utilization(
  readings$: Observable<Readings>,
  intervalMs: number,
  scheduler?: SchedulerLike,
): Observable<PointOf<'consumption'>> {
  return readings$.pipe(sampleConsumption(intervalMs, scheduler), toConsumptionPoint());
}
