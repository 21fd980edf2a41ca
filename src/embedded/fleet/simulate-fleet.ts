import { localTime } from '../../../streams/local-time.ts';
import { BoxQueue } from './box-queue.ts';
import type { FleetEvent } from './fleet-event.ts';
import { FIRST_BOX } from './outlet-status.ts';
import { type Pace, REAL_PACE } from './pace.ts';
import { SimulatedBox } from './simulated-box.ts';

export interface FleetOptions {
  /** How many; they are numbered from 10 on. */
  readonly boxes: number;
  /** Everything follows from it: the same options give the same events. */
  readonly seed: number;
  /** Wall time of the first instant, ms UTC. */
  readonly startMs: number;
  /** When it ends, ms UTC: before what would happen then, with how the outlets stand; never if absent. */
  readonly endMs?: number;
  /** IANA name; people arrive by its hours. */
  readonly timeZone: string;
  /** REAL_PACE if absent. */
  readonly pace?: Pace;
  /** What the energy registers of the outlets begin with, in J; some plausible value if absent. */
  readonly initialEnergyJ?: (box: number, outlet: number) => number;
}

/**
 * A fleet of boxes with ten outlets each, as its messages and as what really happened, in the order of time.
 * Pure: it knows no clock; whoever publishes it waits.
 *
 * @throws RangeError if the time zone does not exist
 */
export function* simulateFleet(options: FleetOptions): Generator<FleetEvent, void, undefined> {
  const { boxes: count, seed, startMs, timeZone, pace = REAL_PACE, initialEnergyJ } = options;
  const { endMs = Number.POSITIVE_INFINITY } = options;
  if (count < 1) return;
  const surroundings = { seed, startMs, pace, local: localTime(timeZone), initialEnergyJ };
  const events: FleetEvent[] = [];
  const boxes = Array.from(
    { length: count },
    (_, index) => new SimulatedBox(FIRST_BOX + index, surroundings),
  );
  yield* describe(boxes, startMs);
  const queue = new BoxQueue(Float64Array.from(boxes, (box) => box.nextAtMs));
  for (;;) {
    const box = boxes[queue.first()];
    if (box === undefined || box.nextAtMs >= endMs) break;
    box.step(events);
    queue.delayFirst(box.nextAtMs);
    for (const event of events) yield event;
    events.length = 0;
  }
  yield* describe(boxes, endMs);
}

function* describe(boxes: readonly SimulatedBox[], atMs: number): Generator<FleetEvent, void, undefined> {
  for (const box of boxes) {
    const events: FleetEvent[] = [];
    box.describe(events, atMs);
    yield* events;
  }
}
