import { z } from 'zod';
import { InfluxDB } from '@influxdata/influxdb-client';
import { createQueryFlux } from '../src/influx/query.ts';
import { writePhotographs } from '../bench/analysis/fill.ts';
import { useWorld } from './fixture/world.ts';
import { NOW_MS } from '../bench/analysis/sizes.ts';
describe('dbg', function () {
  this.timeout(600000);
  const world = useWorld();
  it('x', async () => {
    const sizes = { transactions: 40000, boxes: 200, customers: 2000, months: 2 };
    function* all() { for (let i = 1; i <= sizes.transactions; i++) yield i; }
    await writePhotographs(world().writeBatch, world().buckets.history, all(), sizes);
    const q = createQueryFlux(new InfluxDB({ url: world().servers.influx.url, token: world().servers.influx.adminToken, timeout: 300000 }), 'evida');
    const from = NOW_MS - 30 * 86400000, to = NOW_MS;
    async function time(name: string, flux: string, schema: z.ZodType = z.any()) {
      const t = performance.now(); const c = process.cpuUsage(); let n = 0;
      for await (const r of q(flux, schema)) { n++; void r; }
      const d = process.cpuUsage(c);
      console.log(name, n, Math.round(performance.now() - t), 'ms, node cpu', Math.round((d.user + d.system) / 1000));
    }
    const base = `from(bucket: "${world().buckets.history}") |> range(start: ${new Date(from).toISOString()}, stop: ${new Date(to).toISOString()}) |> filter(fn: (r) => r._measurement == "photograph")`;
    const f = `|> filter(fn: (r) => r._field == "status" or r._field == "power_w" or r._field == "power_factor" or r._field == "energy_kwh" or r._field == "backlog")`;
    await time('count grouped', `${base} ${f} |> count() |> group() |> sum()`);
    await time('count status', `${base} |> filter(fn: (r) => r._field == "status") |> count() |> group() |> sum()`);
    await time('count nopivot tofloat', `${base} ${f} |> toFloat() |> group() |> count()`);
    await time('rows nopivot tofloat', `${base} ${f} |> toFloat() |> keep(columns:["_time","_value","_field","box","outlet"]) |> group()`);
    await time('rows nopivot raw no group', `${base} ${f} |> keep(columns:["_time","_value","_field","box","outlet"])`);
    const pivot = `|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")`;
    await time('pivot only, count', `${base} ${f} ${pivot} |> count(column: "status") |> rename(columns:{status:"_value"}) |> group() |> sum()`);
    await time('pivot rows no group', `${base} ${f} ${pivot} |> drop(columns: ["_start", "_stop", "_measurement"])`);
    await time('pivot group', `${base} ${f} ${pivot} |> group() |> keep(columns:["_time","box","outlet","status","power_w","power_factor","energy_kwh","backlog"])`);
    await time('drop pivot group', `${base} ${f} |> drop(columns: ["_start", "_stop", "_measurement"]) ${pivot} |> group()`);
  });
});
