import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { withFunctions } from '../src/influx/flux-functions.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import { projectFile } from '../src/project-file.ts';
import { useWorld } from './fixture/world.ts';
import {
  CASES,
  type Increase,
  type Increases,
  increasesOf,
  MINUTE_MS,
  RANDOM,
  type Register,
  START_MS,
} from './model/energy-increases.ts';

const TOLERANCE = 1e-9;

/** Outlet 0 of the boxes from 0 on holds the cases, outlet 1 of the same boxes and of more the random registers. */
const REGISTERS = new Map<string, Register>([
  ...CASES.map(({ register }, box) => [`${box}/0`, register] as const),
  ...RANDOM.map((register, box) => [`${box}/1`, register] as const),
]);
const READINGS = [...REGISTERS].flatMap(([key, register]) => {
  const [box = 0, outlet = 0] = key.split('/').map(Number);
  return register.map((reading) => ({ box, outlet, ...reading }));
});

function expectSame(found: Increases | undefined, expected: Increases, what: string): void {
  const { each = [], sum } = found ?? {};
  expect(
    each.map(({ timeMs }) => timeMs),
    `${what}: times`,
  ).to.deep.equal(expected.each.map(({ timeMs }) => timeMs));
  for (const [index, { kwh }] of expected.each.entries()) {
    expect(each[index]?.kwh, `${what}: increase ${index}`).to.be.closeTo(kwh, TOLERANCE);
  }
  if (expected.sum === undefined) expect(sum, `${what}: sum`).to.equal(undefined);
  else expect(sum, `${what}: sum`).to.be.closeTo(expected.sum, TOLERANCE);
}

const EachRow = z.object({
  box: z.coerce.number(),
  outlet: z.coerce.number(),
  timeMs: z.coerce.number(),
  kwh: z.number(),
});
const SumRow = EachRow.pick({ box: true, outlet: true }).extend({ kwh: z.number().nullable() });

function byRegister(each: z.infer<typeof EachRow>[], sums: z.infer<typeof SumRow>[]): Map<string, Increases> {
  const found = new Map<string, { each: Increase[]; sum: number | undefined }>();
  for (const { box, outlet, kwh } of sums) found.set(`${box}/${outlet}`, { each: [], sum: kwh ?? undefined });
  for (const { box, outlet, timeMs, kwh } of each) found.get(`${box}/${outlet}`)?.each.push({ timeMs, kwh });
  return found;
}

const FUNCTION = readFileSync(projectFile('flux', 'functions', 'energy-increases.flux'), 'utf8');

/** A query that calls the function of flux/functions/, as `defineFlux` makes one of a file. */
function withIncreases(query: string): string {
  const functions = new Map([['energy-increases', FUNCTION]]);
  const { imports, statements } = withFunctions('test', query, ['energy-increases'], functions);
  return `${imports}\n${statements}`;
}

const IN_ROWS = `
  SELECT box, outlet, "timeMs", energy_increase(lag(energy_kwh) OVER (PARTITION BY box, outlet ORDER BY "timeMs"), energy_kwh) AS kwh
    FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::double precision[]) AS reading (box, outlet, "timeMs", energy_kwh)
   WHERE energy_kwh IS NOT NULL`;

describe('energy increases', function () {
  this.timeout(20_000);
  const world = useWorld();
  let inFlux: Map<string, Increases>;
  let inSql: Map<string, Increases>;

  before(async () => {
    const { writeBatch, queryFlux, database, buckets } = world();
    const points = READINGS.map(({ box, outlet, timeMs, energyKwh }) =>
      toLine({
        measurement: 'consumption',
        tags: { box, outlet },
        fields: { energy_kwh: energyKwh },
        timeMs,
      }),
    );
    await writeBatch(buckets.telemetry, points);
    const increases = `
      increases = from(bucket: "${buckets.telemetry}")
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "consumption" and r._field == "energy_kwh")
          |> energyIncreases()`;
    inFlux = byRegister(
      await collectRows(
        queryFlux(
          withIncreases(`${increases}
            increases
                |> map(fn: (r) => ({box: r.box, outlet: r.outlet, timeMs: int(v: r._time) / 1000000, kwh: r._value}))`),
          EachRow,
        ),
      ),
      await collectRows(
        queryFlux(
          withIncreases(`${increases}
            increases |> sum() |> rename(columns: {_value: "kwh"})`),
          SumRow,
        ),
      ),
    );
    const columns = [
      READINGS.map(({ box }) => box),
      READINGS.map(({ outlet }) => outlet),
      READINGS.map(({ timeMs }) => timeMs),
      READINGS.map(({ energyKwh }) => energyKwh),
    ];
    const each = await database.query(
      `SELECT * FROM (${IN_ROWS}) AS increase WHERE kwh IS NOT NULL ORDER BY "timeMs"`,
      columns,
    );
    const sums = await database.query(
      `SELECT box, outlet, sum(kwh) AS kwh FROM (${IN_ROWS}) AS increase GROUP BY box, outlet`,
      columns,
    );
    inSql = byRegister(z.array(EachRow).parse(each.rows), z.array(SumRow).parse(sums.rows));
  });

  for (const [box, { title, register, kwh }] of CASES.entries()) {
    it(`are the same in Flux and SQL: ${title}`, () => {
      const expected = increasesOf(register);
      expect(expected.each.map((increase) => increase.kwh)).to.deep.equal(kwh);
      expectSame(inFlux.get(`${box}/0`), expected, 'Flux');
      expectSame(inSql.get(`${box}/0`), expected, 'SQL');
    });
  }

  it('are the same in Flux and SQL for any registers, each apart from the others', () => {
    for (const [key, register] of REGISTERS) {
      const what = `${key}: ${register.map(({ energyKwh }) => energyKwh).join(', ')}`;
      expectSame(inFlux.get(key), increasesOf(register), `Flux, ${what}`);
      expectSame(inSql.get(key), increasesOf(register), `SQL, ${what}`);
    }
  });

  it('take hours without a value for a gap, not for zero: the increase after it is the one since before it', async () => {
    const { writeBatch, queryFlux, database, buckets } = world();
    const hours = [10, null, null, 12.5, null, 1] as const;
    const points = hours.flatMap((energyKwh, hour) =>
      energyKwh === null
        ? []
        : [
            toLine({
              measurement: 'consumption',
              tags: { box: 5000, outlet: 2 },
              fields: { energy_kwh: energyKwh },
              timeMs: START_MS + hour * 60 * MINUTE_MS,
            }),
          ],
    );
    await writeBatch(buckets.telemetry, points);
    const flux = await collectRows(
      queryFlux(
        withIncreases(`
          from(bucket: "${buckets.telemetry}")
              |> range(start: 2026-10-01T00:00:00Z, stop: 2026-10-01T06:00:00Z)
              |> filter(fn: (r) => r._measurement == "consumption" and r.outlet == "2")
              |> aggregateWindow(every: 1h, fn: last, createEmpty: true)
              |> energyIncreases()`),
        z.object({ _value: z.number().nullable() }),
      ),
    );
    const { rows } = await database.query(`SELECT kwh FROM (${IN_ROWS}) AS increase ORDER BY "timeMs"`, [
      hours.map(() => 5000),
      hours.map(() => 2),
      hours.map((_, hour) => hour),
      hours,
    ]);
    expect(flux.map(({ _value }) => _value)).to.deep.equal([null, null, 2.5, null, 1]);
    expect(rows).to.deep.equal([{ kwh: null }, { kwh: 2.5 }, { kwh: 1 }]);
  });

  it('are unknown in SQL where either value is: null, not a number, or beyond all numbers', async () => {
    const { rows } = await world().database.query(`
      SELECT energy_increase(previous, current) AS kwh
        FROM unnest('{NULL, 1, NULL, NaN, 1, NaN, Infinity}'::float8[], '{1, NULL, NULL, 1, NaN, NaN, Infinity}'::float8[])
          AS known (previous, current)`);
    expect(rows).to.deep.equal(Array.from({ length: 7 }, () => ({ kwh: null })));
  });

  it('are computed by nothing else: no other file of Flux or SQL subtracts the values of a register', () => {
    for (const folder of ['flux/panels', 'flux/queries', 'flux/tasks', 'sql/analysis', 'sql/views']) {
      for (const name of readdirSync(projectFile(folder))) {
        const text = readFileSync(projectFile(folder, name), 'utf8');
        // What Evida counts of itself is no register.
        if (text.includes('r._measurement == "evida"')) continue;
        expect(text, `${folder}/${name}`).not.to.match(/\b(difference|increase|derivative|spread)\(/);
        expect(text, `${folder}/${name}`).not.to.match(/(?<!energy_increase\()\blag\((\w+\.)?energy_kwh/i);
      }
    }
  });
});
