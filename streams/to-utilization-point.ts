import { map, type OperatorFunction } from 'rxjs';
import type { UtilizationSample } from './utilization.ts';
import { type UtilizationPoint, utilizationPoint } from './utilization-point.ts';

/** Gives samples the form in which InfluxDB keeps them: kWh, V, A; unknown values are absent. */
export function toUtilizationPoint(): OperatorFunction<UtilizationSample, UtilizationPoint> {
  return map(utilizationPoint);
}
