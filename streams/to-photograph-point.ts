import { map, type OperatorFunction } from 'rxjs';
import type { Photograph } from './photograph.ts';
import { photographPoint } from './photograph-point.ts';
import type { PhotographPoint } from './point.ts';

/** Gives photographs the form in which InfluxDB keeps them: A, kWh, W; unknown values are absent. */
export function toPhotographPoint(): OperatorFunction<Photograph, PhotographPoint> {
  return map(photographPoint);
}
