import pg from 'pg';
import { createEboostDatabase } from '../../src/embedded/eboost/database.ts';
import { toLine } from '../../src/influx/line-protocol.ts';
import type { WriteBatch } from '../../src/influx/write-batch.ts';
import {
  boxOf,
  customerOf,
  FIRST_BOX,
  lengthOf,
  NOW_MS,
  OUTLETS,
  outletOf,
  PHOTOGRAPHS_A_SESSION,
  type Sizes,
  startOf,
  whOf,
} from './sizes.ts';

const ROWS = 5000;
const LINES = 10_000;

/** Eboost's database with boxes, customers and the first so many transactions, all of them closed and valid. */
export async function fillEboost(url: string, transactions: number, sizes: Sizes): Promise<void> {
  await createEboostDatabase(url);
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(
      `INSERT INTO users (id, name, created_at, updated_at)
       SELECT id, 'customer ' || id, '2020-01-01', '2024-01-01'::timestamptz - id * interval '1 minute' FROM generate_series(1, $1::integer) AS id`,
      [sizes.customers],
    );
    await client.query(
      `INSERT INTO boxes (id, unique_id, name, district, created_at, updated_at)
       SELECT box, 'Ebox_' || box, 'box ' || box, 'District ' || box % 20, '2020-01-01', '2024-01-01'::timestamptz - box * interval '1 hour'
         FROM generate_series($1::integer, $2::integer) AS box`,
      [FIRST_BOX, FIRST_BOX + sizes.boxes - 1],
    );
    for (let first = 1; first <= transactions; first += ROWS) {
      const count = Math.min(ROWS, transactions - first + 1);
      await insertTransactions(
        client,
        Array.from({ length: count }, (_, index) => first + index),
        sizes,
        1,
      );
    }
  } finally {
    await client.end();
  }
}

/** Writes new transactions, and corrects those that there are: their fee, and when they were changed. */
export async function change(url: string, ids: readonly number[], sizes: Sizes): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await insertTransactions(client, ids, sizes, 0.9);
  } finally {
    await client.end();
  }
}

async function insertTransactions(
  client: pg.Client,
  ids: readonly number[],
  sizes: Sizes,
  price: number,
): Promise<void> {
  const updatedAt = (id: number) => new Date(price === 1 ? startOf(id, sizes) + lengthOf(id) + 5000 : NOW_MS);
  await client.query(
    `INSERT INTO transactions (id, user_id, box_unique_id, outlet_unique_id, start_time, end_time, wattage_consumed, total_fee,
                               total_consumed_fee, activation_fee, paid, status, created_at, updated_at)
     SELECT id, customer, 'Ebox_' || box, 'Ebox_' || box || '_' || outlet, start, "end", kwh, fee, fee, 1000, true, true, start, updated
       FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::numeric[],
                   $8::numeric[], $9::timestamptz[]) AS row (id, customer, box, outlet, start, "end", kwh, fee, updated)
         ON CONFLICT (id) DO UPDATE SET total_fee = excluded.total_fee, updated_at = excluded.updated_at`,
    [
      ids,
      ids.map((id) => customerOf(id, sizes)),
      ids.map((id) => boxOf(id, sizes)),
      ids.map((id) => outletOf(id, sizes)),
      ids.map((id) => new Date(startOf(id, sizes)).toISOString()),
      ids.map((id) => new Date(startOf(id, sizes) + lengthOf(id)).toISOString()),
      ids.map((id) => whOf(id) / 1000),
      ids.map((id) => Math.round(whOf(id) * 3.858 * price)),
      ids.map((id) => updatedAt(id).toISOString()),
    ],
  );
}

/** The photographs of the sessions of these transactions. Gives their number. */
export async function writePhotographs(
  write: WriteBatch,
  bucket: string,
  ids: Iterable<number>,
  sizes: Sizes,
): Promise<number> {
  let lines: string[] = [];
  let written = 0;
  for (const id of ids) {
    lines.push(...photographsOf(id, sizes));
    if (lines.length < LINES) continue;
    await write(bucket, lines);
    written += lines.length;
    lines = [];
  }
  if (lines.length > 0) await write(bucket, lines);
  return written + lines.length;
}

/** What the register of the outlet shows when the session begins: what was charged at it until then, Wh. */
function registerBefore(id: number, { boxes }: Sizes): number {
  let wh = 0;
  for (let earlier = id - boxes * OUTLETS; earlier > 0; earlier -= boxes * OUTLETS) wh += whOf(earlier);
  return wh;
}

function photographsOf(id: number, sizes: Sizes): string[] {
  const [startMs, lengthMs, wh] = [startOf(id, sizes), lengthOf(id), whOf(id)];
  const [box, outlet] = [boxOf(id, sizes), outletOf(id, sizes)];
  const before = registerBefore(id, sizes);
  return Array.from({ length: PHOTOGRAPHS_A_SESSION }, (_, index) => {
    const isCharging = index < PHOTOGRAPHS_A_SESSION - 2;
    const share = Math.min(1, index / (PHOTOGRAPHS_A_SESSION - 2));
    return toLine({
      measurement: 'photograph',
      tags: { box, outlet },
      fields: {
        status: isCharging ? 2 : index === PHOTOGRAPHS_A_SESSION - 1 ? 0 : 3,
        current_a: isCharging ? 5 : 0,
        power_factor: isCharging ? 95 : 0,
        voltage_v: 230,
        // In whole Wh, which only grow: a fall by a rounding error would be a reset.
        energy_kwh: Math.round(before + wh * share) / 1000,
        power_w: isCharging ? 1092.5 : 0,
        reason: 'status',
      },
      timeMs: startMs + share * lengthMs + (index === PHOTOGRAPHS_A_SESSION - 1 ? 60_000 : 0),
    });
  });
}
