import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { EvidaError } from '../../errors.ts';
import { freePort } from '../free-port.ts';
import { type PostgresPart, startPostgres } from '../postgres.ts';
import { createEboostDatabase, createReader, fillEboostDatabase } from './database.ts';
import { eboostHistory } from './history.ts';

const FROM_MS = Date.UTC(2026, 9, 1);
const history = eboostHistory({
  boxes: 4,
  seed: 5,
  fromMs: FROM_MS,
  toMs: FROM_MS + 30 * 86_400_000,
  timeZone: 'Asia/Ho_Chi_Minh',
});

async function query(connectionString: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await client.end();
  }
}

describe("Eboost's database", function () {
  this.timeout(30_000);
  let directory = '';
  let postgres: PostgresPart | undefined;
  let url = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-eboost-'));
    // Under root, Postgres runs as another user and has to pass through.
    await chmod(directory, 0o711);
    postgres = await startPostgres({ dataDir: join(directory, 'postgres'), durable: false });
    await query(postgres.adminUrl, 'CREATE DATABASE eboost');
    url = postgres.databaseUrl('eboost');
    await createEboostDatabase(url);
  });

  after(async () => {
    await postgres?.stop();
    if (directory !== '') await rm(directory, { recursive: true });
  });

  it('is filled once, all or nothing', async () => {
    const broken = { ...history, transactions: history.transactions.map((row) => ({ ...row, userId: -1 })) };
    const error = await fillEboostDatabase(url, broken).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'MIGRATION_FAILED' });
    expect(await query(url, 'SELECT FROM users')).to.have.length(0);

    const lines: string[] = [];
    const filled = await Promise.all([
      fillEboostDatabase(url, history, { onProgress: (line) => lines.push(line) }),
      fillEboostDatabase(url, history),
    ]);
    expect(filled).to.have.members([true, false]);
    expect(await fillEboostDatabase(url, history)).to.equal(false);
    const [counts] = await query(
      url,
      `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM boxes) AS boxes,
        (SELECT count(*)::int FROM transactions) AS transactions`,
    );
    expect(counts).to.deep.equal({
      users: history.users.length,
      boxes: history.boxes.length,
      transactions: history.transactions.length,
    });
  });

  it('holds each value as the history has it', async () => {
    const [expected] = history.transactions.filter(({ promotionCode }) => promotionCode !== null);
    const [row] = await query(url, `SELECT * FROM transactions WHERE id = ${expected?.id}`);
    expect(Object.keys(row ?? {})).to.deep.equal([
      'id',
      'invoice_id',
      'user_id',
      'box_unique_id',
      'outlet_unique_id',
      'start_time',
      'end_time',
      'wattage_consumed',
      'total_fee',
      'total_consumed_fee',
      'activation_fee',
      'discount_amount',
      'promotion_code',
      'promotion_discount',
      'paid',
      'status',
      'reason_closed',
      'created_at',
      'updated_at',
    ]);
    expect(row).to.deep.include({
      outlet_unique_id: expected?.outletUniqueId,
      start_time: new Date(expected?.startTimeMs ?? 0),
      end_time: new Date(expected?.endTimeMs ?? 0),
      promotion_code: expected?.promotionCode,
      status: true,
    });
    expect(Number(row?.wattage_consumed)).to.equal(expected?.wattageConsumedKwh);
    expect(Number(row?.total_fee)).to.equal(expected?.totalFeeVnd);
  });

  it('lets the reader read, and nothing else', async () => {
    const first = await createReader(url);
    const { user, password } = await createReader(url);
    expect(user).to.equal(first.user);
    const readerUrl = new URL(url);
    readerUrl.username = user;
    readerUrl.password = password;
    expect(await query(readerUrl.href, 'SELECT FROM transactions LIMIT 1')).to.have.length(1);
    for (const forbidden of [
      'DELETE FROM transactions',
      'UPDATE users SET name = name',
      'CREATE TABLE mine (id int)',
      'CREATE TEMPORARY TABLE mine (id int)',
    ]) {
      const error = await query(
        readerUrl.href,
        `SET default_transaction_read_only = off; COMMIT; ${forbidden}`,
      ).catch((thrown) => thrown);
      expect(String(error), forbidden).to.match(/permission denied/);
    }
  });

  it('says so if Postgres cannot be reached', async () => {
    const nowhere = `postgresql://postgres:secret@127.0.0.1:${await freePort()}/eboost`;
    const error = await createEboostDatabase(nowhere).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'POSTGRES_UNAVAILABLE' });
    expect(String(error)).to.not.include('secret');
  });
});
