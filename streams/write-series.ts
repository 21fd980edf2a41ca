import { BOX_INDEX } from './reading.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';
import type { UtilizationSample } from './utilization.ts';
import { type BoxSeries, METER_SERIES, type Series } from './utilization-state.ts';

export type Emit = (sample: UtilizationSample) => void;

/** Whether the value of a series, or any of the meter's three, is another than the last written. */
export function differsFromWritten(box: BoxSeries, series: Series): boolean {
  if (series.energy !== series.writtenEnergy) return true;
  if (series.index !== METER_SERIES) return false;
  return box.meterVoltageV !== box.writtenVoltageV || box.meterCurrentA !== box.writtenCurrentA;
}

/**
 * Writes a series at `timeMs` if anything is known of it; of an outlet, only if it is installed (domain.md, utilization
 * rule 1). Of two points of one series and time InfluxDB would keep the last: the later one comes 1 ms after the other.
 */
export function writeSeries(box: BoxSeries, series: Series, timeMs: number, emit: Emit): void {
  const sample = sampleOf(box, series, Math.max(timeMs, series.writtenAtMs + 1));
  if (sample === undefined) return;
  noteWritten(box, series, sample);
  emit(sample);
}

/** Notes that a sample of the series was written: what follows is compared with it. */
export function noteWritten(box: BoxSeries, series: Series, sample: UtilizationSample): void {
  series.writtenAtMs = sample.timeMs;
  if (sample.kind === 'register') {
    series.writtenEnergy = sample.energyJ;
    return;
  }
  series.writtenEnergy = sample.energyKwh;
  box.writtenVoltageV = sample.voltageV;
  box.writtenCurrentA = sample.currentA;
}

function sampleOf(box: BoxSeries, series: Series, timeMs: number): UtilizationSample | undefined {
  const { index, energy, status } = series;
  if (index === METER_SERIES) {
    const { meterVoltageV: voltageV, meterCurrentA: currentA } = box;
    const isKnown = voltageV !== UNKNOWN || currentA !== UNKNOWN || energy !== UNKNOWN;
    return isKnown
      ? { kind: 'meter', box: box.box, timeMs, voltageV, currentA, energyKwh: energy }
      : undefined;
  }
  const isInstalled = index === BOX_INDEX || (status !== UNKNOWN && status !== STATUS.notInstalled);
  return isInstalled && energy !== UNKNOWN
    ? { kind: 'register', box: box.box, index, timeMs, energyJ: energy }
    : undefined;
}
