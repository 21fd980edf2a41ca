import { Deadlines } from './deadlines.ts';
import { foldRegister } from './energy-register.ts';
import type { KeyedReducer } from './keyed-reducer.ts';
import { BOX_INDEX, isStale, METER_INDEX, type Readings } from './reading.ts';
import { STATUS } from './status.ts';
import type { UtilizationRules, UtilizationSample } from './utilization.ts';
import {
  type BoxUtilization,
  createBoxUtilization,
  type MeterSeries,
  type RegisterSeries,
  type Series,
} from './utilization-state.ts';

const HOUR_MS = 3_600_000;
/** A box has eleven registers and a meter: twelve keys. The key of the full hour is none of theirs. */
const KEYS_PER_BOX = 12;
const METER_KEY = 11;
const HOUR_KEY = -1;

type Emit = (sample: UtilizationSample) => void;

/** Decides when energy registers and meters are written (domain.md, "Utilization"). */
export class UtilizationReducer implements KeyedReducer<Readings, UtilizationSample> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new Map<number, BoxUtilization>();
  readonly #rules: UtilizationRules;
  #hourIsSet = false;

  /** @param state what `exportState` gave, to go on from there */
  constructor(rules: UtilizationRules, state: readonly BoxUtilization[] = []) {
    this.#rules = rules;
    for (const box of structuredClone(state)) {
      this.#boxes.set(box.box, box);
      for (const series of box.registers) this.#arm(box.box, series.index, series);
      this.#arm(box.box, METER_KEY, box.meter);
    }
  }

  /** All that it knows, as plain data. */
  exportState(): BoxUtilization[] {
    return structuredClone([...this.#boxes.values()]);
  }

  fold(readings: Readings, emit: Emit): void {
    const { receivedAt, retained } = readings;
    if (!this.#hourIsSet) this.#setHour(receivedAt);
    const box = this.#box(readings.box, receivedAt);
    if (!retained) box.liveAtMs = receivedAt;
    if (readings.quantity === 'meter') this.#foldMeter(box, readings, emit);
    else if (readings.quantity !== 'voltage' && readings.quantity !== 'command')
      this.#foldRegisters(box, readings, emit);
  }

  expire(key: number, at: number, emit: Emit): void {
    if (key === HOUR_KEY) {
      this.#sampleHour(at, emit);
      this.#setHour(at);
      return;
    }
    const box = this.#boxes.get(Math.floor(key / KEYS_PER_BOX));
    const index = key % KEYS_PER_BOX;
    const series = index === METER_KEY ? box?.meter : box?.registers[index];
    if (box === undefined || series === undefined) return;
    series.opensUntilMs = Number.NaN;
    this.#write(box, index, series.readAtMs, emit);
  }

  #box(number: number, atMs: number): BoxUtilization {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = createBoxUtilization(number, atMs);
    this.#boxes.set(number, box);
    return box;
  }

  #foldRegisters(box: BoxUtilization, readings: Readings, emit: Emit): void {
    const { quantity, receivedAt, retained, values } = readings;
    for (const { index, value } of values) {
      const series = box.registers[index];
      if (series === undefined) continue;
      if (!retained) series.liveAtMs = receivedAt;
      if (quantity === 'energy') this.#foldEnergy(box, index, series, value, readings, emit);
      else if (quantity === 'status' && !(isStale(readings) && !Number.isNaN(series.status)))
        series.status = value;
    }
  }

  #foldMeter(box: BoxUtilization, readings: Readings, emit: Emit): void {
    const { meter } = box;
    for (const { index, value } of readings.values) {
      if (index === METER_INDEX.energy) this.#foldEnergy(box, METER_KEY, meter, value, readings, emit);
      else if (index === METER_INDEX.voltage) meter.voltageV = newer(meter.voltageV, value, readings);
      else meter.currentA = newer(meter.currentA, value, readings);
    }
    meter.readAtMs = readings.receivedAt;
    this.#open(box.box, METER_KEY, meter, differsFromWritten(meter), readings.receivedAt);
  }

  #foldEnergy(
    box: BoxUtilization,
    index: number,
    series: Series,
    value: number,
    readings: Readings,
    emit: Emit,
  ): void {
    const { register } = series;
    if (isStale(readings) && !Number.isNaN(register.energyJ)) return;
    const before = register.energyJ;
    const event = foldRegister(register, value);
    if (event === 'held') return;
    if (event === 'reset') {
      // The last value before a reset is written whatever the interval; the new one opens its own.
      register.energyJ = before;
      this.#write(box, index, series.readAtMs, emit);
      register.energyJ = value;
      this.#close(box.box, index, series);
    }
    series.readAtMs = readings.receivedAt;
    if (index !== METER_KEY)
      this.#open(box.box, index, series, register.energyJ !== series.writtenEnergy, readings.receivedAt);
  }

  /** The first value that differs from the last written opens an interval. */
  #open(box: number, index: number, series: Series, differs: boolean, receivedAt: number): void {
    if (!differs || !Number.isNaN(series.opensUntilMs)) return;
    series.opensUntilMs = receivedAt + this.#rules.intervalMs;
    this.#arm(box, index, series);
  }

  #close(box: number, index: number, series: Series): void {
    series.opensUntilMs = Number.NaN;
    this.deadlines.set(box * KEYS_PER_BOX + index, Number.POSITIVE_INFINITY);
  }

  #arm(box: number, index: number, series: Series): void {
    if (!Number.isNaN(series.opensUntilMs))
      this.deadlines.set(box * KEYS_PER_BOX + index, series.opensUntilMs);
  }

  #setHour(after: number): void {
    this.#hourIsSet = true;
    this.deadlines.set(HOUR_KEY, (Math.floor(after / HOUR_MS) + 1) * HOUR_MS);
  }

  /** One point of every series that is known and not silent, at exactly the full hour (rule 2). */
  #sampleHour(at: number, emit: Emit): void {
    const isHeard = (liveAtMs: number): boolean => at - liveAtMs < this.#rules.silentAfterMs;
    for (const box of this.#boxes.values()) {
      for (const series of box.registers) {
        const liveAtMs = series.index === BOX_INDEX ? box.liveAtMs : series.liveAtMs;
        if (isHeard(liveAtMs)) writeRegister(box.box, series, at, emit);
      }
      if (isHeard(box.liveAtMs)) writeMeter(box.box, box.meter, at, emit);
    }
  }

  #write(box: BoxUtilization, index: number, timeMs: number, emit: Emit): void {
    const series = box.registers[index];
    if (series === undefined) {
      if (differsFromWritten(box.meter)) writeMeter(box.box, box.meter, timeMs, emit);
    } else if (series.register.energyJ !== series.writtenEnergy) writeRegister(box.box, series, timeMs, emit);
  }
}

function writeRegister(box: number, series: RegisterSeries, timeMs: number, emit: Emit): void {
  const { index, status, register } = series;
  const isWritten = index === BOX_INDEX || (!Number.isNaN(status) && status !== STATUS.notInstalled);
  if (!isWritten || Number.isNaN(register.energyJ)) return;
  series.writtenEnergy = register.energyJ;
  emit({ kind: 'register', box, index, timeMs, energyJ: register.energyJ });
}

function writeMeter(box: number, meter: MeterSeries, timeMs: number, emit: Emit): void {
  const { voltageV, currentA, register } = meter;
  if (Number.isNaN(voltageV) && Number.isNaN(currentA) && Number.isNaN(register.energyJ)) return;
  meter.writtenVoltageV = voltageV;
  meter.writtenCurrentA = currentA;
  meter.writtenEnergy = register.energyJ;
  emit({ kind: 'meter', box, timeMs, voltageV, currentA, energyKwh: register.energyJ });
}

/** NaN stands for unknown, and equals itself here. */
function differsFromWritten(meter: MeterSeries): boolean {
  return !(
    Object.is(meter.voltageV, meter.writtenVoltageV) &&
    Object.is(meter.currentA, meter.writtenCurrentA) &&
    Object.is(meter.register.energyJ, meter.writtenEnergy)
  );
}

function newer(known: number, value: number, readings: Readings): number {
  return isStale(readings) && !Number.isNaN(known) ? known : value;
}
