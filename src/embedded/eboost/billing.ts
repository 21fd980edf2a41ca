import { DAY_MS, type LocalTime } from '../../../streams/local-time.ts';
import { Random } from '../fleet/random.ts';
import type { EboostTransaction } from './records.ts';
import type { ChargingSession } from './sessions.ts';

const STREAM = 0xb111;
const JOULES_PER_KWH = 3_600_000;
export const PRICE_VND_PER_KWH = 3_858;
const ACTIVATION_FEE_VND = 1_000;
const NIGHTLY_RUN_MS = 2 * 3_600_000;
const MOST_PROMOTION_VND = 5_000;
const PROMOTIONS = ['CHAOHE', 'XANH20', 'CUOITUAN'] as const;
const LEAST_BILLED_KWH = 0.005;

/**
 * The bills of the sessions, numbered in the order in which they were opened.
 *
 * @param toMs nothing is corrected later than that
 */
export function billSessions(
  sessions: readonly ChargingSession[],
  { seed, toMs, local }: { seed: number; toMs: number; local: LocalTime },
): EboostTransaction[] {
  const random = new Random(seed, STREAM);
  return sessions
    .map((session) => ({ session, openedAtMs: session.startMs - random.whole(500, 3_000) }))
    .sort((one, other) => one.openedAtMs - other.openedAtMs)
    .map(({ session, openedAtMs }, index) => {
      const open = openTransaction(session, openedAtMs, index + 1);
      // Some are never closed: the box or the app was lost.
      return random.chance(0.0012) ? open : closed(random, open, session, toMs, local);
    });
}

function openTransaction(session: ChargingSession, startTimeMs: number, id: number): EboostTransaction {
  const boxUniqueId = `Ebox_${session.box}`;
  return {
    id,
    invoiceId: `INV-${String(id).padStart(8, '0')}`,
    userId: session.customer.user.id,
    boxUniqueId,
    outletUniqueId: `${boxUniqueId}_${session.outlet}`,
    startTimeMs,
    endTimeMs: null,
    wattageConsumedKwh: 0,
    totalFeeVnd: 0,
    totalConsumedFeeVnd: 0,
    activationFeeVnd: 0,
    discountAmountVnd: 0,
    promotionCode: null,
    promotionDiscountVnd: 0,
    paid: false,
    status: false,
    reasonClosed: null,
    createdAtMs: startTimeMs,
    updatedAtMs: startTimeMs,
  };
}

function closed(
  random: Random,
  open: EboostTransaction,
  session: ChargingSession,
  toMs: number,
  local: LocalTime,
): EboostTransaction {
  const endTimeMs = session.endMs + random.whole(500, 2_500);
  const meterError = 1 + 0.007 * random.noise();
  const wattageConsumedKwh = round((session.energyUsedJ / JOULES_PER_KWH) * meterError, 100_000);
  const totalConsumedFeeVnd = Math.round(wattageConsumedKwh * PRICE_VND_PER_KWH);
  const isBilled = wattageConsumedKwh > LEAST_BILLED_KWH;
  const activationFeeVnd = isBilled ? ACTIVATION_FEE_VND : 0;
  const discountAmountVnd = isBilled && random.chance(0.08) ? round(totalConsumedFeeVnd * 0.1, 0.01) : 0;
  const hasPromotion = isBilled && random.chance(0.05);
  const promotionDiscountVnd = hasPromotion
    ? Math.min(MOST_PROMOTION_VND, round(totalConsumedFeeVnd * 0.2, 0.01))
    : 0;
  const promotionCode = hasPromotion ? random.pick(PROMOTIONS) : null;
  // What failed at once is waived half of the time.
  const isWaived = !isBilled && random.chance(0.5);
  const totalFeeVnd = isWaived
    ? 0
    : totalConsumedFeeVnd + activationFeeVnd - discountAmountVnd - promotionDiscountVnd;
  const bill: EboostTransaction = {
    ...open,
    endTimeMs,
    wattageConsumedKwh,
    totalFeeVnd,
    totalConsumedFeeVnd,
    activationFeeVnd,
    discountAmountVnd,
    promotionCode,
    promotionDiscountVnd,
    paid: totalFeeVnd === 0 || !random.chance(0.03),
    status: true,
    reasonClosed: session.isFull ? 'FULL' : isBilled ? 'STOPPED_BY_USER' : 'FAILED',
    updatedAtMs: endTimeMs + random.whole(200, 4_000),
  };
  return random.chance(0.015) ? corrected(random, bill, toMs, local) : bill;
}

/** Corrections are run on Mondays at 02:00 local time, so that many rows share one `updated_at`. */
function corrected(
  random: Random,
  bill: EboostTransaction,
  toMs: number,
  local: LocalTime,
): EboostTransaction {
  const noonMs = local.midnight(bill.updatedAtMs) + DAY_MS / 2;
  const days = 7 - local.weekday(noonMs) + 7 * random.whole(0, 1);
  const updatedAtMs = local.midnight(noonMs + days * DAY_MS) + NIGHTLY_RUN_MS;
  if (updatedAtMs >= toMs) return bill;
  const refundVnd = Math.min(bill.totalFeeVnd, 100 * random.whole(1, 20));
  return {
    ...bill,
    discountAmountVnd: bill.discountAmountVnd + refundVnd,
    totalFeeVnd: bill.totalFeeVnd - refundVnd,
    paid: true,
    updatedAtMs,
  };
}

function round(value: number, perUnit: number): number {
  return Math.round(value * perUnit) / perUnit;
}
