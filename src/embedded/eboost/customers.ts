import { DAY_MS, type LocalTime } from '../../../streams/local-time.ts';
import { FIRST_BOX } from '../fleet/outlet-status.ts';
import { REAL_HOUR_WEIGHTS } from '../fleet/pace.ts';
import { Random } from '../fleet/random.ts';
import { drawName } from './places.ts';
import type { EboostUser } from './records.ts';

const STREAM = 0xc057;
const CUSTOMERS_PER_BOX = 15;
const HOUR_MS = 3_600_000;

/** Who somebody is, and what they are used to. */
export interface Customer {
  readonly user: EboostUser;
  readonly box: number;
  readonly vehicleCurrentA: number;
  /** How long the vehicle usually takes to be full. */
  readonly usualChargeMs: number;
  /** Chance of charging, per weekday from Monday on. */
  readonly weekdays: readonly number[];
  /** Usual local hour, with a fraction. */
  readonly hour: number;
  /** Charges half as often from then on; infinite if never. */
  readonly halvesAtMs: number;
  readonly leavesAtMs: number;
}

/** Somebody comes to a box and wants to charge. */
export interface Wish {
  readonly customer: Customer;
  readonly box: number;
  readonly atMs: number;
}

interface Span {
  readonly boxes: number;
  readonly seed: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The customers in the order in which they signed up. One in six does so only within the span. */
export function drawCustomers({ boxes, seed, fromMs, toMs }: Span): Customer[] {
  const random = new Random(seed, STREAM);
  const count = boxes * CUSTOMERS_PER_BOX;
  const signUps = Array.from({ length: count }, () =>
    Math.round(
      random.chance(1 / 6) ? random.between(fromMs, toMs) : fromMs - random.between(1, 400) * DAY_MS,
    ),
  ).sort((one, other) => one - other);
  return signUps.map((createdAtMs, index) => {
    const own = new Random(seed, STREAM, index);
    const sometime = (share: number): number =>
      own.chance(share) ? own.between(Math.max(fromMs, createdAtMs), toMs) : Number.POSITIVE_INFINITY;
    return {
      user: { id: index + 1, name: drawName(own), createdAtMs, updatedAtMs: createdAtMs },
      box: FIRST_BOX + own.whole(0, boxes - 1),
      vehicleCurrentA: own.between(1.5, 8),
      usualChargeMs: own.between(0.9, 4.6) * HOUR_MS,
      weekdays: drawWeekdays(own),
      hour: drawHour(own),
      halvesAtMs: sometime(0.08),
      leavesAtMs: sometime(0.08),
    };
  });
}

/** Half of them come nearly every day, a third a few times a week, the others now and then. */
function drawWeekdays(random: Random): number[] {
  const kind = random.next();
  const [days, chance] =
    kind < 0.5
      ? [random.whole(5, 7), random.between(0.85, 0.97)]
      : kind < 0.8
        ? [random.whole(2, 4), random.between(0.8, 0.95)]
        : [random.whole(1, 2), random.between(0.2, 0.6)];
  const first = random.whole(0, 6);
  const weekdays = Array.from({ length: 7 }, () => 0);
  // Spread over the week: 3 and 7 have no common divisor.
  for (let day = 0; day < days; day += 1) weekdays[(first + 3 * day) % 7] = chance;
  return weekdays;
}

function drawHour(random: Random): number {
  let left = random.next() * REAL_HOUR_WEIGHTS.reduce((sum, weight) => sum + weight, 0);
  for (const [hour, weight] of REAL_HOUR_WEIGHTS.entries()) {
    if (left < weight) return hour + left / weight;
    left -= weight;
  }
  return 12;
}

/** When and where the customers come, in the order of time. */
export function drawWishes(
  customers: readonly Customer[],
  { boxes, seed, fromMs, toMs }: Span,
  local: LocalTime,
) {
  const midnights: number[] = [];
  // Noon to noon, since days are not all of the same length.
  for (let day = local.midnight(fromMs); day < toMs; day = local.midnight(day + 1.5 * DAY_MS)) {
    midnights.push(day);
  }
  const wishes: Wish[] = [];
  for (const customer of customers) {
    const random = new Random(seed, STREAM, customer.user.id, 1);
    for (const midnightMs of midnights) {
      const chance = customer.weekdays[local.weekday(midnightMs)] ?? 0;
      const comes = random.chance(midnightMs < customer.halvesAtMs ? chance : chance / 2.5);
      const hour = Math.min(23.9, Math.max(0.1, customer.hour + 0.6 * random.noise()));
      const box = random.chance(0.06) ? FIRST_BOX + random.whole(0, boxes - 1) : customer.box;
      const atMs = Math.round(midnightMs + hour * HOUR_MS);
      const isCustomer = atMs > customer.user.createdAtMs && atMs < customer.leavesAtMs;
      if (comes && isCustomer && atMs > fromMs && atMs < toMs) wishes.push({ customer, box, atMs });
    }
  }
  return wishes.sort((one, other) => one.atMs - other.atMs || one.customer.user.id - other.customer.user.id);
}
