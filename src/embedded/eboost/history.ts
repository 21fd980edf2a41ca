import { DAY_MS, localTime } from '../../../streams/local-time.ts';
import type { Point } from '../../../streams/point.ts';
import { OUTLETS_PER_BOX } from '../../../streams/reading.ts';
import { FIRST_BOX, isInstalled } from '../fleet/outlet-status.ts';
import { Random } from '../fleet/random.ts';
import { billSessions, PRICE_VND_PER_KWH } from './billing.ts';
import { drawCustomers, drawWishes } from './customers.ts';
import { connectionPoints, drawOutages } from './outages.ts';
import { photographsOf } from './photographs.ts';
import { drawPlace } from './places.ts';
import type { EboostBox, EboostTransaction, EboostUser } from './records.ts';
import { planSessions } from './sessions.ts';

export interface EboostHistoryOptions {
  /** How many; they are numbered from 10 on, as the simulated fleet's. */
  readonly boxes: number;
  /** The fleet's seed, if both are to agree on which outlets are not installed. */
  readonly seed: number;
  /** The span that is told, ms UTC. */
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA name; people live by its hours. */
  readonly timeZone: string;
}

export interface EboostHistory {
  readonly users: readonly EboostUser[];
  readonly boxes: readonly EboostBox[];
  /** In the order of their ids, which is the order in which they were opened. */
  readonly transactions: readonly EboostTransaction[];
  /** What Evida would have recorded of the same sessions: `photograph` and `connection`, by outlet and box. */
  points(): Iterable<Point>;
  /** What the register of an outlet shows at `toMs`, in J; its status is 0 then (6 if it is not installed). */
  energyAtEndJ(box: number, outlet: number): number;
}

const STREAM = 0x4157;

/**
 * A plausible business history that follows from the seed: the same options give the same history. Its points are
 * made when they are asked for, and are the same each time.
 *
 * @throws RangeError if the time zone does not exist
 */
export function eboostHistory(options: EboostHistoryOptions): EboostHistory {
  const { seed, boxes: count, fromMs, toMs } = options;
  const local = localTime(options.timeZone);
  const customers = drawCustomers(options);
  const outlets = planSessions(drawWishes(customers, options, local), options);
  const transactions = billSessions(
    outlets.flatMap(({ sessions }) => sessions),
    { seed, toMs, local },
  );
  const outletsOf = (box: number) =>
    outlets.slice((box - FIRST_BOX) * OUTLETS_PER_BOX, (box - FIRST_BOX + 1) * OUTLETS_PER_BOX);

  function* points(): Generator<Point, void, undefined> {
    for (let box = FIRST_BOX; box < FIRST_BOX + count; box += 1) {
      const own = outletsOf(box);
      const sessions = own.flatMap((outlet) => outlet.sessions);
      const outages = drawOutages(box, sessions, { seed, fromMs, toMs });
      yield* connectionPoints(box, outages, { seed, fromMs, toMs }, local);
      for (const outlet of own) yield* photographsOf(outlet, outages, { seed, fromMs, toMs });
    }
  }

  return {
    users: customers.map(({ user }) => user),
    boxes: Array.from({ length: count }, (_, index) => drawBox(seed, FIRST_BOX + index, fromMs)),
    transactions,
    points: () => ({ [Symbol.iterator]: points }),
    energyAtEndJ: (box, outlet) => outletsOf(box)[outlet]?.energyAtEndJ ?? 0,
  };
}

function drawBox(seed: number, number: number, fromMs: number): EboostBox {
  const random = new Random(seed, STREAM, number);
  const createdAtMs = Math.round(fromMs - random.between(30, 700) * DAY_MS);
  const outlets = Array.from({ length: OUTLETS_PER_BOX }, (_, outlet) => outlet);
  return {
    id: number,
    uniqueId: `Ebox_${number}`,
    status: true,
    ...drawPlace(random),
    consumedFee: PRICE_VND_PER_KWH,
    available: outlets.filter((outlet) => isInstalled(seed, number, outlet)).length,
    createdAtMs,
    updatedAtMs: createdAtMs,
  };
}
