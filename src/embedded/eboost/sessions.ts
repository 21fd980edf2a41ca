import { OUTLETS_PER_BOX } from '../../../streams/reading.ts';
import { type ChargeCurve, chargeEnergyJ, drawChargeCurve } from '../fleet/charge-curve.ts';
import { FIRST_BOX, isInstalled } from '../fleet/outlet-status.ts';
import { Random } from '../fleet/random.ts';
import type { Customer, Wish } from './customers.ts';

const STREAM = 0x5e55;
/** Between somebody who leaves an outlet and the next one. */
const GAP_MS = 120_000;
const LAST_START_MS = 900_000;
const EARLY_SHARE = 0.25;
const FAILED_SHARE = 0.02;
/** A register falls to 0 before one session in so many. */
const SESSIONS_PER_RESET = 3000;

/** What happened at an outlet while one vehicle stood there. All instants in ms UTC. */
export interface ChargingSession {
  readonly customer: Customer;
  readonly box: number;
  readonly outlet: number;
  /** If the register fell to 0 before it. */
  readonly resetMs: number | undefined;
  readonly pluggedMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly isFull: boolean;
  readonly unpluggedMs: number;
  readonly freeMs: number;
  readonly curve: ChargeCurve;
  readonly voltageV: number;
  /** The register when it began. */
  readonly energyBeforeJ: number;
  readonly energyUsedJ: number;
}

/** One outlet with its sessions in the order of time, which do not overlap. */
export interface OutletHistory {
  readonly box: number;
  readonly outlet: number;
  readonly installed: boolean;
  readonly energyAtStartJ: number;
  readonly energyAtEndJ: number;
  readonly sessions: readonly ChargingSession[];
}

interface OutletSoFar {
  readonly box: number;
  readonly outlet: number;
  readonly installed: boolean;
  readonly energyAtStartJ: number;
  energyAtEndJ: number;
  freeMs: number;
  readonly sessions: ChargingSession[];
}

/**
 * Gives each wish a free outlet of its box (none free: the customer drives on) and lets it charge. Everything is over
 * before `toMs`.
 *
 * @param wishes in the order of time
 */
export function planSessions(
  wishes: readonly Wish[],
  { boxes, seed, fromMs, toMs }: { boxes: number; seed: number; fromMs: number; toMs: number },
): OutletHistory[] {
  const outlets: OutletSoFar[] = Array.from({ length: boxes * OUTLETS_PER_BOX }, (_, index) => {
    const box = FIRST_BOX + Math.floor(index / OUTLETS_PER_BOX);
    const outlet = index % OUTLETS_PER_BOX;
    const installed = isInstalled(seed, box, outlet);
    const plausibleJ = new Random(seed, STREAM, box, outlet).whole(20_000_000, 900_000_000);
    const energyJ = installed ? plausibleJ : 0;
    return {
      box,
      outlet,
      installed,
      energyAtStartJ: energyJ,
      energyAtEndJ: energyJ,
      freeMs: fromMs,
      sessions: [],
    };
  });
  const random = new Random(seed, STREAM);
  for (const wish of wishes) {
    if (wish.atMs > toMs - LAST_START_MS) continue;
    const first = (wish.box - FIRST_BOX) * OUTLETS_PER_BOX;
    const free = outlets
      .slice(first, first + OUTLETS_PER_BOX)
      .filter(({ installed, freeMs }) => installed && freeMs + GAP_MS < wish.atMs);
    const chosen = free[random.whole(0, free.length - 1)];
    if (chosen === undefined) continue;
    const session = charge(random, wish, chosen, toMs);
    chosen.sessions.push(session);
    chosen.freeMs = session.freeMs;
    chosen.energyAtEndJ = session.energyBeforeJ + session.energyUsedJ;
  }
  return outlets;
}

function charge(
  random: Random,
  wish: Wish,
  { box, outlet, freeMs, energyAtEndJ }: OutletSoFar,
  toMs: number,
) {
  const { customer, atMs: pluggedMs } = wish;
  const curve = drawChargeCurve(
    random,
    customer.vehicleCurrentA * random.between(0.95, 1.05),
    Math.round(customer.usualChargeMs * random.between(0.7, 1.15)),
  );
  const startMs = pluggedMs + random.whole(8_000, 90_000);
  const waitMs = random.whole(120_000, 5_400_000);
  const leaveMs = random.whole(5_000, 60_000);
  const kind = random.next();
  const wantedMs =
    kind < FAILED_SHARE
      ? random.whole(3_000, 25_000)
      : kind < FAILED_SHARE + EARLY_SHARE
        ? Math.round(curve.fullMs * random.between(0.2, 0.9))
        : curve.fullMs;
  // Whoever is still there at the end is sent away a little before it.
  const chargeMs = Math.min(wantedMs, toMs - 30_000 - leaveMs - startMs);
  const endMs = startMs + chargeMs;
  const isFull = chargeMs === curve.fullMs;
  const unpluggedMs = isFull ? Math.min(endMs + waitMs, toMs - 10_000 - leaveMs) : endMs;
  const voltageV = random.between(221, 229);
  const hasReset = random.chance(1 / SESSIONS_PER_RESET);
  const session: ChargingSession = {
    customer,
    box,
    outlet,
    resetMs: hasReset ? Math.round(freeMs + (pluggedMs - freeMs) * random.between(0.3, 0.7)) : undefined,
    pluggedMs,
    startMs,
    endMs,
    isFull,
    unpluggedMs,
    freeMs: unpluggedMs + leaveMs,
    curve,
    voltageV,
    energyBeforeJ: hasReset ? 0 : energyAtEndJ,
    energyUsedJ: Math.round(chargeEnergyJ(curve, chargeMs, voltageV)),
  };
  return session;
}
