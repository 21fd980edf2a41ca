import { DeleteAPI } from '@influxdata/influxdb-client-apis';
import { expect } from 'chai';
import fc from 'fast-check';
import { analyse, contents, createEboost, photographLines, writeLogLine } from './fixture/analysis.ts';
import { runs } from './fixture/runs.ts';
import { useWorld } from './fixture/world.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-08-20T00:00:00Z');
const DAYS = 50;
const BOXES = [12, 13];
/** What is billed or charged begins before it; the last one of the turns is later, and a last run of the day after it. */
const END_MS = START_MS + DAYS * 24 * HOUR_MS;
const LAST_TURN_MS = END_MS + 36 * HOUR_MS;
const NOW = new Date(LAST_TURN_MS + 24 * HOUR_MS).toISOString();

interface Bill {
  readonly id: number;
  readonly user: number | null;
  readonly box: number;
  readonly outlet: number;
  readonly startMs: number;
  readonly hours: number;
  readonly kwh: number;
  readonly fee: number;
}

const instant = fc
  .integer({ min: 0, max: DAYS * 24 * 4 - 1 })
  .map((quarter) => START_MS + quarter * (HOUR_MS / 4));
const bill = (id: number): fc.Arbitrary<Bill> =>
  fc.record({
    id: fc.constant(id),
    user: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    box: fc.constantFrom(...BOXES, 99),
    outlet: fc.integer({ min: 0, max: 1 }),
    startMs: instant,
    hours: fc.constantFrom(0.5, 1, 2, 5, -1),
    kwh: fc.constantFrom(0.0005, 0.004, 0.5, 1.7, 3),
    fee: fc.constantFrom(0, 1000, 4000, -5),
  });

/** A row as it came first, if ever, and as it is in the end, if it is not deleted. */
const bills = fc.array(fc.nat(), { minLength: 4, maxLength: 25 }).chain((ids) =>
  fc.tuple(
    ...ids.map((_, index) =>
      fc.record({
        first: fc.option(bill(index + 1)),
        last: fc.option(bill(index + 1), { freq: 6 }),
        early: fc.integer({ min: 0, max: 2 }),
        late: fc.integer({ min: 0, max: 2 }),
      }),
    ),
  ),
);

interface Shot {
  readonly box: number;
  readonly outlet: number;
  readonly atMs: number;
  readonly status: number;
  readonly kwh: number | null;
  readonly backlog: boolean;
}

const shots = fc.array(
  fc.record({
    shot: fc.record({
      box: fc.constantFrom(...BOXES),
      outlet: fc.integer({ min: 0, max: 1 }),
      atMs: instant,
      status: fc.constantFrom(0, 2, 2, 2, 3, 6),
      kwh: fc.option(
        fc.integer({ min: 0, max: 400 }).map((n) => n / 8),
        { freq: 6 },
      ),
      backlog: fc.boolean(),
    }),
    turn: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 5, maxLength: 60 },
);

function dayOf(index: number): string {
  return new Date(START_MS + index * 24 * HOUR_MS).toISOString().slice(0, 10);
}

const TURNS = [0, 1, 2];
/** Days that are done again in the end by force. */
const spans = fc.tuple(fc.nat(DAYS - 1), fc.integer({ min: 1, max: 40 })).map(([first, days]) => ({
  fromDay: dayOf(first),
  toDay: dayOf(first + days),
}));
/** Between two runs: within a day, over midnight, and over the turn of a month. */
const gaps = fc.constantFrom(1, 30, 9 * 24).map((hours) => hours * HOUR_MS);

describe('the analysis, whatever the order of arrival', function () {
  this.timeout(300_000);
  const world = useWorld();

  before(() => createEboost(world(), BOXES));

  async function forget(): Promise<void> {
    await world().database.query(`TRUNCATE job_run, analysis_setting, eboost_transaction, eboost_user, eboost_box, judged_transaction,
      charging_session, box_hour, energy_outside_session, outlet_installation, outlet_known, box_connection, unobserved_time, charging_event_day,
      charging_event_week, charging_box_analysis, charging_pattern, customer_month, loyal_customers`);
  }
  async function emptySources(): Promise<void> {
    await world().eboost.query('TRUNCATE transactions');
    const { influx, buckets } = world();
    await new DeleteAPI(influx).postDelete({
      org: 'evida',
      bucket: buckets.history,
      body: { start: '2020-01-01T00:00:00Z', stop: '2030-01-01T00:00:00Z' },
    });
  }
  /** Eboost moves updated_at, and does so with the clock of the runs. */
  async function write({ id, user, box, outlet, startMs, hours, kwh, fee }: Bill): Promise<void> {
    const start = new Date(startMs).toISOString();
    const end = new Date(startMs + hours * HOUR_MS).toISOString();
    await world().eboost.query(
      `INSERT INTO transactions (id, user_id, box_unique_id, outlet_unique_id, start_time, end_time, wattage_consumed,
                                 total_fee, total_consumed_fee, status, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, true, now())
           ON CONFLICT (id) DO UPDATE SET (user_id, box_unique_id, outlet_unique_id, start_time, end_time, wattage_consumed, total_fee,
              total_consumed_fee, updated_at) = ($2, $3, $4, $5, $6, $7, $8, $8, now())`,
      [id, user, `Ebox_${box}`, `Ebox_${box}_${outlet}`, start, end, kwh, fee],
    );
  }
  async function photograph(taken: readonly Shot[], writtenAt: string): Promise<void> {
    const rows = taken.map(({ box, outlet, atMs, status, kwh, backlog }) =>
      [box, outlet, new Date(atMs).toISOString(), status, kwh ?? '-', backlog ? 'yes' : '-'].join(' '),
    );
    const days = new Set(taken.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10)));
    await world().writeBatch(world().buckets.history, [
      ...photographLines(String, `box outlet at status kwh backlog\n${rows.join('\n')}`),
      ...[...days].map((day) => writeLogLine('photograph', day, writtenAt)),
    ]);
  }

  it('gives the same tables as one run over what there is in the end, to the last digit', async () => {
    await fc.assert(
      fc.asyncProperty(bills, shots, gaps, spans, async (rows, taken, gapMs, days) => {
        await emptySources();
        await forget();
        for (const turn of TURNS) {
          for (const { first, last, early, late } of rows) {
            const turns = [Math.min(early, late), Math.max(early, late)];
            if (first !== null && turns[0] === turn && early !== late) await write(first);
            if (turns[1] !== turn) continue;
            if (last !== null) await write(last);
            else if (first !== null)
              await world().eboost.query('DELETE FROM transactions WHERE id = $1', [first.id]);
          }
          const nowMs = LAST_TURN_MS + (turn - 2) * gapMs;
          const now = new Date(nowMs).toISOString();
          const arrived = taken.filter((one) => one.turn === turn).map(({ shot }) => shot);
          if (arrived.length > 0) await photograph(arrived, now);
          await analyse(world(), now);
        }
        // It compares the mirror with Eboost, and so finds what was deleted.
        await analyse(world(), NOW);
        const kept = await contents(world());
        await analyse(world(), NOW, { force: true, days });
        expect(await contents(world()), `again from ${days.fromDay} to before ${days.toDay}`).to.deep.equal(
          kept,
        );
        await forget();
        await analyse(world(), NOW);
        expect(kept).to.deep.equal(await contents(world()));
      }),
      { numRuns: runs(6), endOnFailure: true },
    );
  });
});
