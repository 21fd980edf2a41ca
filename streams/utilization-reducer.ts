import { BoxMap } from './box-map.ts';
import { type BoxUtilization, exportBoxSeries, importBoxSeries } from './box-utilization.ts';
import { Deadlines } from './deadlines.ts';
import { registerEvent } from './energy-register.ts';
import type { KeyedReducer, Snapshot } from './keyed-reducer.ts';
import type { Observation, Unobserved } from './observation.ts';
import { isStale, METER_INDEX, type Readings, valueAt } from './reading.ts';
import { UNKNOWN } from './unknown.ts';
import type { UtilizationRules, UtilizationSample } from './utilization.ts';
import { BoxSeries, METER_SERIES, SERIES_PER_BOX, type Series } from './utilization-state.ts';
import { differsFromWritten, type Emit, noteWritten, writeSeries } from './write-series.ts';

const HOUR_MS = 3_600_000;
/** The key of the full hour is none of any series. */
const HOUR_KEY = -1;

/** Decides when energy registers and meters are written (domain.md, "Utilization"). */
export class UtilizationReducer implements KeyedReducer<UtilizationSample> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new BoxMap<BoxSeries>();
  readonly #rules: UtilizationRules;
  #hourIsSet = false;

  /** @param snapshot what its boxes were exported as, to go on from there */
  constructor(rules: UtilizationRules, snapshot?: Snapshot<BoxUtilization>) {
    this.#rules = rules;
    if (snapshot === undefined) return;
    this.#setHour(snapshot.atMs);
    for (const exported of snapshot.boxes) {
      const box = importBoxSeries(exported);
      this.#boxes.set(box.box, box);
      for (const series of box.allSeries()) this.#arm(box, series);
    }
  }

  boxNumbers(): Iterable<number> {
    return this.#boxes.keys();
  }

  exportBox(number: number): BoxUtilization | undefined {
    const box = this.#boxes.get(number);
    return box === undefined ? undefined : exportBoxSeries(box);
  }

  fold(observation: Observation, emit: Emit): void {
    if (!this.#hourIsSet) this.#setHour(observation.receivedAt);
    switch (observation.kind) {
      case 'readings':
        this.#foldReadings(observation, emit);
        break;
      case 'unobserved':
        this.#passGap(observation, emit);
        break;
      case 'removed':
        this.#remove(observation.box, emit);
        break;
      case 'listed':
        break;
    }
  }

  expire(key: number, at: number, emit: Emit): void {
    if (key === HOUR_KEY) {
      this.#sampleHour(at, emit);
      this.#setHour(at);
      return;
    }
    const box = this.#boxes.get(Math.floor(key / SERIES_PER_BOX));
    const series = box?.seriesAt(key % SERIES_PER_BOX);
    if (box !== undefined && series !== undefined) this.#end(box, series, emit);
  }

  lapse(key: number, at: number): void {
    if (key === HOUR_KEY) {
      this.#setHour(at);
      return;
    }
    const series = this.#boxes.get(Math.floor(key / SERIES_PER_BOX))?.seriesAt(key % SERIES_PER_BOX);
    if (series !== undefined) series.opensUntilMs = UNKNOWN;
  }

  /** Takes over a sample that was recorded, according to the log or to InfluxDB. */
  recall(sample: UtilizationSample): void {
    const box = this.#box(sample.box, sample.timeMs);
    const series = box.seriesAt(sample.kind === 'meter' ? METER_SERIES : sample.index);
    // An interval that it ended is closed when its deadline comes: there is nothing left to write.
    if (series !== undefined && sample.timeMs >= series.writtenAtMs) noteWritten(box, series, sample);
  }

  #box(number: number, atMs: number): BoxSeries {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = new BoxSeries(number, atMs);
    this.#boxes.set(number, box);
    return box;
  }

  #foldReadings(readings: Readings, emit: Emit): void {
    const box = this.#box(readings.box, readings.receivedAt);
    if (!readings.retained) box.hear(readings);
    switch (readings.quantity) {
      case 'status':
        foldStatuses(box, readings);
        break;
      case 'energy':
        this.#foldRegisters(box, readings, emit);
        break;
      case 'meter':
        this.#foldMeter(box, readings, emit);
        break;
      default:
    }
  }

  #foldRegisters(box: BoxSeries, readings: Readings, emit: Emit): void {
    const { receivedAt, retained, values } = readings;
    for (const { index, value } of values) {
      if (!retained && box.readQuietly(index, value, receivedAt)) continue;
      const series = box.seriesAt(index);
      if (series === undefined || !this.#foldEnergy(box, series, value, readings, emit)) continue;
      series.readAtMs = receivedAt;
      this.#open(box, series, receivedAt);
    }
  }

  #foldMeter(box: BoxSeries, readings: Readings, emit: Emit): void {
    const meter = box.seriesAt(METER_SERIES);
    if (meter === undefined) return;
    const energy = valueAt(readings, METER_INDEX.energy);
    const voltageV = valueAt(readings, METER_INDEX.voltage);
    const currentA = valueAt(readings, METER_INDEX.current);
    // The register first: what is written before a reset is all as it was then.
    let isRead = energy !== undefined && this.#foldEnergy(box, meter, energy, readings, emit);
    if (voltageV !== undefined && counts(box.meterVoltageV, readings)) {
      box.meterVoltageV = voltageV;
      isRead = true;
    }
    if (currentA !== undefined && counts(box.meterCurrentA, readings)) {
      box.meterCurrentA = currentA;
      isRead = true;
    }
    if (!isRead) return;
    meter.readAtMs = readings.receivedAt;
    this.#open(box, meter, readings.receivedAt);
  }

  /** Whether the value counts. */
  #foldEnergy(box: BoxSeries, series: Series, value: number, readings: Readings, emit: Emit): boolean {
    if (isStale(readings) && series.energy !== UNKNOWN) return false;
    const event = registerEvent(series.energy, series.held, value);
    if (event === 'held') {
      series.held = value;
      return false;
    }
    series.held = UNKNOWN;
    if (event === 'reset') {
      // The last value before a reset is written whatever the interval; the new one opens its own.
      if (differsFromWritten(box, series)) writeSeries(box, series, series.readAtMs, emit);
      this.#close(box, series);
    }
    series.energy = value;
    return true;
  }

  /** The first value that differs from the last written opens an interval. */
  #open(box: BoxSeries, series: Series, receivedAt: number): void {
    if (series.opensUntilMs !== UNKNOWN || !differsFromWritten(box, series)) return;
    series.opensUntilMs = receivedAt + this.#rules.intervalMs;
    this.#arm(box, series);
  }

  #close(box: BoxSeries, series: Series): void {
    series.opensUntilMs = UNKNOWN;
    this.#arm(box, series);
  }

  /** At the end of its interval the latest value is written, at its arrival. */
  #end(box: BoxSeries, series: Series, emit: Emit): void {
    this.#close(box, series);
    if (differsFromWritten(box, series)) writeSeries(box, series, series.readAtMs, emit);
  }

  /** Intervals that ended while nothing was observed are written at once; hours that were missed are not. */
  #passGap({ from, receivedAt: to }: Unobserved, emit: Emit): void {
    for (const box of this.#boxes.values()) {
      for (const series of box.allSeries()) {
        if (from - series.liveAtMs < this.#rules.silentAfterMs) series.liveAtMs = to;
        if (series.opensUntilMs !== UNKNOWN && series.opensUntilMs <= to) this.#end(box, series, emit);
        else this.#arm(box, series);
      }
    }
    this.#setHour(to);
  }

  #remove(number: number, emit: Emit): void {
    const box = this.#boxes.get(number);
    if (box === undefined) return;
    this.#boxes.delete(number);
    for (const series of box.allSeries()) {
      if (series.opensUntilMs !== UNKNOWN) this.#end(box, series, emit);
    }
  }

  #arm({ box }: BoxSeries, { index, opensUntilMs }: Series): void {
    const at = opensUntilMs === UNKNOWN ? Number.POSITIVE_INFINITY : opensUntilMs;
    this.deadlines.set(box * SERIES_PER_BOX + index, at);
  }

  #setHour(after: number): void {
    this.#hourIsSet = true;
    this.deadlines.set(HOUR_KEY, (Math.floor(after / HOUR_MS) + 1) * HOUR_MS);
  }

  /** One point of every series that is known and not silent, at exactly the full hour (rule 2). */
  #sampleHour(at: number, emit: Emit): void {
    for (const box of this.#boxes.values()) {
      for (const series of box.allSeries()) {
        const { liveAtMs } = series;
        const isHeard = at - liveAtMs < this.#rules.silentAfterMs;
        // After a crash some series are past that hour already: it was torn apart, or a snapshot was taken meanwhile.
        const isPast = liveAtMs >= at || series.writtenAtMs >= at;
        if (isHeard && !isPast) writeSeries(box, series, at, emit);
      }
    }
  }
}

function foldStatuses(box: BoxSeries, readings: Readings): void {
  const maybeKept = isStale(readings);
  for (const { index, value } of readings.values) {
    const isKept = maybeKept && box.seriesAt(index)?.status !== UNKNOWN;
    if (!isKept) box.setStatus(index, value);
  }
}

/** Whether a value counts: what is retained does not, in a resumed session, where one is known (photographs rule 10). */
function counts(known: number, readings: Readings): boolean {
  return known === UNKNOWN || !isStale(readings);
}
