import { BoxMap } from './box-map.ts';
import type { Connection, ConnectionRules } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { KeyedReducer, Snapshot } from './keyed-reducer.ts';
import { type LocalTime, localTime } from './local-time.ts';
import type { Observation, Unobserved } from './observation.ts';
import { BOX_INDEX, isStale, type Readings, valueAt } from './reading.ts';
import { UNKNOWN } from './unknown.ts';

const HOUR_MS = 3_600_000;
/** Into the next day, whatever summer time makes of the present one. */
const INTO_NEXT_DAY_MS = 36 * HOUR_MS;
/** No box has this number. */
const MIDNIGHT_KEY = -1;

type Emit = (connection: Connection) => void;

/** What is known of the connection of one box, as plain data that JSON keeps exactly. */
export interface BoxConnection {
  readonly box: number;
  /** Null until it is known. */
  online: boolean | null;
  silent: boolean;
  /** Last live message of any of its topics, or when it was first heard of. */
  liveAtMs: number;
  /** Time of its last record, or UNKNOWN. */
  recordedAtMs: number;
}

/**
 * Records each start and end of a box's silence, each change of its connection, and both at each business midnight
 * (domain.md, "Silence, connection, gaps").
 */
export class ConnectionReducer implements KeyedReducer<Connection> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new BoxMap<BoxConnection>();
  readonly #silentAfterMs: number;
  readonly #local: LocalTime;
  #midnightIsSet = false;

  /** @param snapshot what its boxes were exported as, to go on from there */
  constructor({ silentAfterMs, timeZone }: ConnectionRules, snapshot?: Snapshot<BoxConnection>) {
    this.#silentAfterMs = silentAfterMs;
    this.#local = localTime(timeZone);
    if (snapshot === undefined) return;
    this.#setMidnight(snapshot.atMs);
    for (const { box, online, silent, liveAtMs, recordedAtMs } of snapshot.boxes) {
      const known = { box, online, silent, liveAtMs, recordedAtMs };
      this.#boxes.set(box, known);
      this.#arm(known);
    }
  }

  boxNumbers(): Iterable<number> {
    return this.#boxes.keys();
  }

  /** How many boxes are silent. */
  get silentBoxes(): number {
    let count = 0;
    for (const { silent } of this.#boxes.values()) if (silent) count++;
    return count;
  }

  exportBox(number: number): BoxConnection | undefined {
    const box = this.#boxes.get(number);
    return box === undefined ? undefined : { ...box };
  }

  fold(observation: Observation, emit: Emit): void {
    const { receivedAt } = observation;
    if (!this.#midnightIsSet) this.#setMidnight(receivedAt);
    switch (observation.kind) {
      case 'readings':
        this.#foldReadings(observation, emit);
        break;
      case 'unobserved':
        this.#passGap(observation);
        break;
      case 'listed':
        this.#box(observation.box, receivedAt);
        break;
      case 'removed':
        this.#remove(observation.box, receivedAt, emit);
        break;
    }
  }

  expire(key: number, at: number, emit: Emit): void {
    if (key === MIDNIGHT_KEY) {
      for (const box of this.#boxes.values()) {
        // After a crash some boxes are past that midnight already: it was torn apart, or a snapshot was taken meanwhile.
        const isPast = box.liveAtMs >= at || box.recordedAtMs >= at;
        if (!isPast) record(box, at, emit);
      }
      this.#setMidnight(at);
      return;
    }
    const box = this.#boxes.get(key);
    if (box === undefined || this.#isMovedOn(box, at)) return;
    box.silent = true;
    record(box, at, emit);
  }

  lapse(key: number, at: number): void {
    if (key === MIDNIGHT_KEY) {
      this.#setMidnight(at);
      return;
    }
    const box = this.#boxes.get(key);
    if (box !== undefined) this.#isMovedOn(box, at);
  }

  /** Takes over what was recorded of a box, according to the log. */
  recall({ box: number, timeMs, online, silent }: Connection): void {
    const box = this.#box(number, timeMs);
    if (online !== isOnline(box)) box.online = online;
    box.recordedAtMs = Math.max(box.recordedAtMs, timeMs);
    if (silent === box.silent) return;
    box.silent = silent;
    this.#arm(box);
  }

  #box(number: number, atMs: number): BoxConnection {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = { box: number, online: null, silent: false, liveAtMs: atMs, recordedAtMs: UNKNOWN };
    this.#boxes.set(number, box);
    this.#arm(box);
    return box;
  }

  #foldReadings(readings: Readings, emit: Emit): void {
    const { receivedAt, retained, quantity } = readings;
    const box = this.#box(readings.box, receivedAt);
    const { online, silent } = box;
    if (!retained) this.#hear(box, receivedAt);
    if (quantity === 'status') foldOnline(box, readings);
    if (box.online !== online || box.silent !== silent) record(box, receivedAt, emit);
  }

  #hear(box: BoxConnection, receivedAt: number): void {
    box.liveAtMs = receivedAt;
    if (!box.silent) return;
    box.silent = false;
    this.#arm(box);
  }

  #passGap({ receivedAt: to }: Unobserved): void {
    for (const box of this.#boxes.values()) {
      if (!box.silent) box.liveAtMs = to;
      this.#arm(box);
    }
    this.#setMidnight(to);
  }

  #remove(number: number, receivedAt: number, emit: Emit): void {
    const box = this.#boxes.get(number);
    if (box === undefined) return;
    this.#boxes.delete(number);
    this.deadlines.set(number, Number.POSITIVE_INFINITY);
    emit({ box: number, timeMs: receivedAt, online: false, silent: true });
  }

  /** Messages do not move the deadline, they are too many: it moves itself when it comes. */
  #isMovedOn(box: BoxConnection, at: number): boolean {
    if (box.liveAtMs + this.#silentAfterMs <= at) return false;
    this.#arm(box);
    return true;
  }

  #arm({ box, silent, liveAtMs }: BoxConnection): void {
    this.deadlines.set(box, silent ? Number.POSITIVE_INFINITY : liveAtMs + this.#silentAfterMs);
  }

  #setMidnight(after: number): void {
    this.#midnightIsSet = true;
    const next = this.#local.midnight(this.#local.midnight(after) + INTO_NEXT_DAY_MS);
    this.deadlines.set(MIDNIGHT_KEY, next);
  }
}

function foldOnline(box: BoxConnection, readings: Readings): void {
  const value = valueAt(readings, BOX_INDEX);
  if (value === undefined || (isStale(readings) && box.online !== null)) return;
  box.online = value === 0;
}

/** Unknown counts as online. */
function isOnline({ online }: BoxConnection): boolean {
  return online ?? true;
}

function record(box: BoxConnection, timeMs: number, emit: Emit): void {
  box.recordedAtMs = timeMs;
  emit({ box: box.box, timeMs, online: isOnline(box), silent: box.silent });
}
