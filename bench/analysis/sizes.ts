/** How much there is to analyse. */
export interface Sizes {
  readonly transactions: number;
  readonly boxes: number;
  readonly customers: number;
  readonly months: number;
}

/** Each session is photographed so often. */
export const PHOTOGRAPHS_A_SESSION = 5;
export const OUTLETS = 10;
export const FIRST_BOX = 10;
/** The last month is the open one. */
export const NOW_MS = Date.parse('2026-10-31T12:00:00Z');
const HOUR_MS = 3_600_000;
const MONTH_MS = (365.25 / 12) * 24 * HOUR_MS;

/** When the session of a transaction begins, ms UTC: they follow each other evenly, box after box, outlet after outlet. */
export function startOf(id: number, { transactions, months }: Sizes): number {
  return Math.round(
    NOW_MS - months * MONTH_MS + ((id - 0.5) / transactions) * (months * MONTH_MS - 4 * HOUR_MS),
  );
}

export function boxOf(id: number, { boxes }: Sizes): number {
  return FIRST_BOX + (id % boxes);
}

export function outletOf(id: number, { boxes }: Sizes): number {
  return Math.floor(id / boxes) % OUTLETS;
}

/** One to three hours. */
export function lengthOf(id: number): number {
  return HOUR_MS + ((id * 7919) % 120) * 60_000;
}

export function whOf(id: number): number {
  return 200 + ((id * 104_729) % 3000);
}

/** Half of the charging is done by a tenth of the customers, a fifth by a hundredth. */
export function customerOf(id: number, { customers }: Sizes): number {
  const mixed = (id * 2_654_435_761) % 4_294_967_296;
  const share = id % 10;
  const among = share < 2 ? customers / 100 : share < 5 ? customers / 10 : customers;
  return 1 + (mixed % Math.max(1, Math.floor(among)));
}
