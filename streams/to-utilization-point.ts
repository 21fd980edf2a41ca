import { map, type OperatorFunction } from 'rxjs';
import { known, type PointOf } from './point.ts';
import { BOX_INDEX } from './reading.ts';
import { jouleToKwh } from './units.ts';
import type { UtilizationSample } from './utilization.ts';

export type UtilizationPoint = PointOf<'consumption' | 'box_consumption' | 'meter'>;

/** Gives samples the form in which InfluxDB keeps them: kWh, V, A; unknown values are absent. */
export function toUtilizationPoint(): OperatorFunction<UtilizationSample, UtilizationPoint> {
  return map((sample) => {
    const { box, timeMs } = sample;
    if (sample.kind === 'meter') {
      const { voltageV, currentA, energyKwh } = sample;
      const fields = { voltage_v: known(voltageV), current_a: known(currentA), energy_kwh: known(energyKwh) };
      return { measurement: 'meter', tags: { box }, timeMs, fields };
    }
    const fields = { energy_kwh: jouleToKwh(sample.energyJ) };
    return sample.index === BOX_INDEX
      ? { measurement: 'box_consumption', tags: { box }, timeMs, fields }
      : { measurement: 'consumption', tags: { box, outlet: sample.index }, timeMs, fields };
  });
}
