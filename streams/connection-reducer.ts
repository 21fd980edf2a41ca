import type { Connection, ConnectionRules } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { KeyedReducer } from './keyed-reducer.ts';
import { type LocalTime, localTime } from './local-time.ts';
import { BOX_INDEX, isStale, type Readings } from './reading.ts';

const HOUR_MS = 3_600_000;
/** Into the next day, whatever summer time makes of the present one. */
const INTO_NEXT_DAY_MS = 36 * HOUR_MS;
/** No box has this number. */
const MIDNIGHT_KEY = -1;

type Emit = (connection: Connection) => void;

/** What is known of the connection of one box, as plain data. */
export interface BoxConnection {
  readonly box: number;
  online: boolean | undefined;
  silent: boolean;
  /** Last live message of any of its topics, or when it was first heard of. */
  liveAtMs: number;
}

/** Records each start and end of a box's silence, each change of its connection, and both at each business midnight (domain.md, "Silence and connection"). */
export class ConnectionReducer implements KeyedReducer<Readings, Connection> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new Map<number, BoxConnection>();
  readonly #silentAfterMs: number;
  readonly #local: LocalTime;
  #midnightIsSet = false;

  /** @param state what `exportState` gave, to go on from there */
  constructor({ silentAfterMs, timeZone }: ConnectionRules, state: readonly BoxConnection[] = []) {
    this.#silentAfterMs = silentAfterMs;
    this.#local = localTime(timeZone);
    for (const box of structuredClone(state)) {
      this.#boxes.set(box.box, box);
      if (!box.silent) this.deadlines.set(box.box, box.liveAtMs + silentAfterMs);
    }
  }

  /** All that it knows, as plain data. */
  exportState(): BoxConnection[] {
    return structuredClone([...this.#boxes.values()]);
  }

  fold(readings: Readings, emit: Emit): void {
    const { receivedAt, retained, quantity } = readings;
    if (!this.#midnightIsSet) this.#setMidnight(receivedAt);
    const box = this.#box(readings.box, receivedAt);
    const before = { online: box.online, silent: box.silent };
    if (!retained) this.#hear(box, receivedAt);
    if (quantity === 'status') foldOnline(box, readings);
    if (box.online !== before.online || box.silent !== before.silent) emit(connectionOf(box, receivedAt));
  }

  expire(key: number, at: number, emit: Emit): void {
    if (key === MIDNIGHT_KEY) {
      for (const box of this.#boxes.values()) emit(connectionOf(box, at));
      this.#setMidnight(at);
      return;
    }
    const box = this.#boxes.get(key);
    if (box === undefined) return;
    // Messages do not move the deadline, they are too many: it moves itself when it comes.
    const silentAt = box.liveAtMs + this.#silentAfterMs;
    if (silentAt > at) {
      this.deadlines.set(key, silentAt);
      return;
    }
    box.silent = true;
    emit(connectionOf(box, at));
  }

  #box(number: number, atMs: number): BoxConnection {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = { box: number, online: undefined, silent: false, liveAtMs: atMs };
    this.#boxes.set(number, box);
    this.deadlines.set(number, atMs + this.#silentAfterMs);
    return box;
  }

  #hear(box: BoxConnection, receivedAt: number): void {
    box.liveAtMs = receivedAt;
    if (!box.silent) return;
    box.silent = false;
    this.deadlines.set(box.box, receivedAt + this.#silentAfterMs);
  }

  #setMidnight(after: number): void {
    this.#midnightIsSet = true;
    const next = this.#local.midnight(this.#local.midnight(after) + INTO_NEXT_DAY_MS);
    this.deadlines.set(MIDNIGHT_KEY, next);
  }
}

function foldOnline(box: BoxConnection, readings: Readings): void {
  const reading = readings.values.find(({ index }) => index === BOX_INDEX);
  if (reading === undefined || (isStale(readings) && box.online !== undefined)) return;
  box.online = reading.value === 0;
}

function connectionOf({ box, online, silent }: BoxConnection, timeMs: number): Connection {
  return { box, timeMs, online: online ?? true, silent };
}
