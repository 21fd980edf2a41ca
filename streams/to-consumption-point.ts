import { map, type OperatorFunction } from 'rxjs';
import type { Consumption } from './consumption-reducer.ts';
import type { PointOf } from './point.ts';
import { jouleToKwh } from './units.ts';

/** Gives register samples the form in which InfluxDB keeps them. */
export function toConsumptionPoint(): OperatorFunction<Consumption, PointOf<'consumption'>> {
  return map(({ box, outlet, timeMs, energyJ }) => ({
    measurement: 'consumption',
    tags: { box, outlet },
    timeMs,
    fields: { energy_kwh: jouleToKwh(energyJ) },
  }));
}
