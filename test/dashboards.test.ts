import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import { projectFile } from '../src/project-file.ts';
import { useWorld } from './fixture/world.ts';

const Target = z.object({
  refId: z.string(),
  datasource: z.object({ type: z.string() }),
  query: z.string().optional(),
  rawSql: z.string().optional(),
});
const Dashboard = z.object({
  title: z.string(),
  panels: z.array(z.object({ title: z.string(), targets: z.array(Target).default([]) })),
});

const FROM = '2026-10-01T00:00:00Z';
const TO = '2026-10-08T00:00:00Z';

/** What Grafana would send: its variables and macros replaced. */
function expand(query: string, historyBucket: string): string {
  return query
    .replaceAll('${time_zone}', 'Asia/Ho_Chi_Minh')
    .replaceAll('${history_bucket}', historyBucket)
    .replaceAll('v.timeRangeStart', FROM)
    .replaceAll('v.timeRangeStop', TO)
    .replace(/\$__timeFilter\((.*)\)$/m, `$1 BETWEEN '${FROM}' AND '${TO}'`);
}

describe('dashboards', () => {
  const world = useWorld();
  const dashboards = readdirSync(projectFile('grafana', 'dashboards')).map((name) =>
    Dashboard.parse(JSON.parse(readFileSync(projectFile('grafana', 'dashboards', name), 'utf8'))),
  );

  before(async () => {
    const { database, writeBatch, buckets } = world();
    await database.query(
      `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 2, 2, 0.4, 0.5, 1650, 500, 100)`,
    );
    const photograph = (time: string, energyKwh: number) =>
      toLine({
        measurement: 'photograph',
        tags: { box: 12, outlet: 0 },
        fields: { energy_kwh: energyKwh },
        timeMs: Date.parse(time),
      });
    await writeBatch(buckets.history, [
      photograph('2026-10-02T01:00:00Z', 1),
      photograph('2026-10-02T02:00:00Z', 1.5),
    ]);
  });

  it('compute energy increases by the text of flux/functions, which Grafana cannot include, and not otherwise', () => {
    const file = readFileSync(projectFile('flux', 'functions', 'energy-increases.flux'), 'utf8');
    const definition = file.replace(/^\/\/.*\n/gm, '').trim();
    const queries = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));
    const computing = queries.filter(({ query }) => query?.match(/energyIncreases|difference\(/));
    expect(computing).not.to.deep.equal([]);
    for (const { query = '' } of computing) {
      expect(query).to.contain(`\n\n${definition}\n\n`);
      expect(query.replace(definition, '')).not.to.contain('difference(');
    }
  });

  it('have a panel that mixes Flux and SQL, whose answers join by time: metered beside billed energy', async () => {
    const panel = dashboards
      .flatMap(({ panels }) => panels)
      .find(({ title }) => title === 'Metered and billed energy by day');
    const [metered, billed] = panel?.targets ?? [];
    const { queryFlux, database, buckets } = world();
    const Metered = z.object({ time: z.string(), metered: z.number() });
    const flux = await collectRows(queryFlux(expand(metered?.query ?? '', buckets.history), Metered));
    const sql = await database.query(expand(billed?.rawSql ?? '', buckets.history));
    const day = '2026-10-01T17:00:00.000Z';
    expect(flux.map(({ time, metered }) => [new Date(time).toISOString(), metered])).to.deep.equal([
      [day, 0.5],
    ]);
    expect(sql.rows).to.deep.equal([{ time: new Date(day), billed: 0.4 }]);
  });
});
