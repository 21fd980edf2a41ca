import { map, type OperatorFunction } from 'rxjs';
import type { Photograph } from './photograph.ts';
import { known, type PhotographPoint } from './point.ts';
import { jouleToKwh } from './units.ts';

/** Gives photographs the form in which InfluxDB keeps them: A, kWh, W; unknown values are absent. */
export function toPhotographPoint(): OperatorFunction<Photograph, PhotographPoint> {
  return map(photographPoint);
}

function photographPoint(photograph: Photograph): PhotographPoint {
  const currentA = known(photograph.currentMa / 1000);
  const powerFactor = known(photograph.powerFactor);
  const voltageV = known(photograph.voltageV);
  return {
    measurement: 'photograph',
    tags: { box: photograph.box, outlet: photograph.outlet },
    timeMs: photograph.timeMs,
    fields: {
      status: photograph.status,
      current_a: currentA,
      power_factor: powerFactor,
      voltage_v: voltageV,
      energy_kwh: known(jouleToKwh(photograph.energyJ)),
      power_w: known((photograph.voltageV * photograph.currentMa * photograph.powerFactor) / 100_000),
      reason: photograph.reason,
      command: known(photograph.command),
      register_reset: photograph.registerReset || undefined,
      backlog: photograph.backlog || undefined,
    },
  };
}
