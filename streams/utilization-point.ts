import type { PointOf } from './point.ts';
import { BOX_INDEX } from './reading.ts';
import { fromField, JOULES_PER_KWH, toField } from './units.ts';
import type { UtilizationSample } from './utilization.ts';

export type UtilizationPoint = PointOf<'consumption' | 'box_consumption' | 'meter'>;

/** The form in which InfluxDB keeps a sample: kWh, V, A; unknown values are absent. */
export function utilizationPoint(sample: UtilizationSample): UtilizationPoint {
  const { box, timeMs } = sample;
  if (sample.kind === 'meter') {
    const fields = {
      voltage_v: toField(sample.voltageV),
      current_a: toField(sample.currentA),
      energy_kwh: toField(sample.energyKwh),
    };
    return { measurement: 'meter', tags: { box }, timeMs, fields };
  }
  const fields = { energy_kwh: toField(sample.energyJ, JOULES_PER_KWH) };
  return sample.index === BOX_INDEX
    ? { measurement: 'box_consumption', tags: { box }, timeMs, fields }
    : { measurement: 'consumption', tags: { box, outlet: sample.index }, timeMs, fields };
}

/** The sample that a point was made of, exact to the last bit. */
export function utilizationSampleOf(point: UtilizationPoint): UtilizationSample {
  const { timeMs } = point;
  const { box } = point.tags;
  if (point.measurement === 'meter') {
    const voltageV = fromField(point.fields.voltage_v);
    const currentA = fromField(point.fields.current_a);
    return { kind: 'meter', box, timeMs, voltageV, currentA, energyKwh: fromField(point.fields.energy_kwh) };
  }
  const index = point.measurement === 'consumption' ? point.tags.outlet : BOX_INDEX;
  return {
    kind: 'register',
    box,
    index,
    timeMs,
    energyJ: fromField(point.fields.energy_kwh, JOULES_PER_KWH),
  };
}
