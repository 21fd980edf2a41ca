import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { until } from '../src/embedded/until.ts';
import { collectRows } from '../src/influx/query.ts';
import { jouleToKwh } from '../streams/units.ts';
import { runEvida, startEvida } from './fixture/command.ts';
import { useWorld, type World } from './fixture/world.ts';
import { energiesJ, type OutletRecord, readPhysicalRecord } from './model/physical-record.ts';

const BOXES = 60;
const SEED = 3;
const SIMULATED = '20s';
/** More than an outlet draws until its register is read again, and less than the strong ones draw in all. */
const DEADBAND_KWH = 0.004;
/** Two readings of a register, and a connection that was lost between them. */
const RESET_SEEN_WITHIN_MS = 35_000;
const WITHIN_MS = 15_000;

interface Recorded {
  /** By outlet, as `12/3`. */
  readonly photographs: ReadonlyMap<string, readonly Photograph[]>;
  readonly lastConsumptionKwh: ReadonlyMap<string, number>;
}

const Photograph = z.object({
  _time: z.string().transform((text) => Date.parse(text)),
  box: z.string(),
  outlet: z.string(),
  status: z.number(),
  reason: z.string(),
  energy_kwh: z.number().nullish(),
});
type Photograph = z.output<typeof Photograph>;
const Consumption = z.object({ box: z.string(), outlet: z.string(), _value: z.number() });

describe('what a simulated fleet did, in InfluxDB', function () {
  this.timeout(90_000);
  const world = useWorld();
  let physical: Awaited<ReturnType<typeof readPhysicalRecord>>;
  let recorded: Recorded;

  before(async () => {
    const { boxes } = eboostHistory({ boxes: BOXES, seed: SEED, fromMs: 0, toMs: 1, timeZone: 'UTC' });
    const api = await startEboostApi({ boxes: () => boxes });
    const evida = startEvida(
      ['run'],
      world().environment({
        ROLES: 'photograph,utilization',
        EBOOST_API_URL: api.url,
        EBOOST_API_USERNAME: api.username,
        EBOOST_API_PASSWORD: api.password,
        PHOTOGRAPH_ENERGY_DEADBAND_KWH: `${DEADBAND_KWH}`,
        UTILIZATION_INTERVAL: '1s',
        DATA_DIR: join(world().dataDir, 'evida'),
      }),
    );
    try {
      const isListening = await until(() => evida.output().stderr.includes('subscribed'), WITHIN_MS);
      expect(isListening, evida.output().stderr).to.equal(true);
      physical = await readPhysicalRecord(await simulate(world()));
      await until(async () => {
        recorded = await readRecorded(world());
        return isAllRecorded(physical.outlets, recorded);
      }, WITHIN_MS);
    } finally {
      evida.child.kill('SIGTERM');
      await evida.ended;
      await api.stop();
    }
    const { code, stderr } = await evida.ended;
    expect(code, stderr).to.equal(0);
    recorded = await readRecorded(world());
  });

  it('is every status change that a box could tell, in order, and none twice', () => {
    for (const { name, statuses, mayHaveMissedFirst } of physical.outlets) {
      const shown = statusesShown(recorded, name);
      const isFirstMissed = mayHaveMissedFirst && shown.length < statuses.length;
      expect(shown, name).to.deep.equal(isFirstMissed ? statuses.slice(1) : statuses);
    }
  });

  it('is the energy of each photograph, within one deadband', () => {
    for (const outlet of physical.outlets) {
      for (const { _time, reason, energy_kwh } of recorded.photographs.get(outlet.name) ?? []) {
        if (energy_kwh != null)
          expect(distanceKwh(outlet, _time, energy_kwh), `${outlet.name} ${reason}`).to.be.at.most(
            DEADBAND_KWH,
          );
      }
    }
  });

  it('is the energy of each outlet at the end, within one deadband', () => {
    const heard = physical.outlets.filter(({ isInstalled, isHeardAtEnd }) => isInstalled && isHeardAtEnd);
    expect(heard.length).to.be.greaterThan(400);
    for (const outlet of heard) {
      const consumption = recorded.lastConsumptionKwh.get(outlet.name) ?? Number.NaN;
      expect(distanceKwh(outlet, physical.endMs, consumption), outlet.name).to.be.at.most(DEADBAND_KWH);
      expect(photographLagKwh(recorded, outlet.name) ?? 0, outlet.name).to.be.lessThan(DEADBAND_KWH);
    }
  });

  it('had much to show', () => {
    const count = (kind: string): number => physical.facts.filter((fact) => fact.kind === kind).length;
    expect(count('status')).to.be.greaterThan(40);
    for (const kind of ['reset', 'glitch', 'draw', 'session-start', 'session-end', 'connection'])
      expect(count(kind), kind).to.be.greaterThan(0);
    const reasons = [...recorded.photographs.values()].flat().map(({ reason }) => reason);
    expect(new Set(reasons)).to.include.keys('first', 'status', 'change', 'draw', 'reset');
  });
});

/** Runs the fleet to its end; gives the file that says what happened. */
async function simulate({ servers: { broker }, dataDir, topicPrefix }: World): Promise<string> {
  const record = join(dataDir, 'facts.jsonl');
  const fleet = ['--boxes', `${BOXES}`, '--seed', `${SEED}`, '--pace', 'demo', '--for', SIMULATED];
  const { code, stdout, stderr } = await runEvida(
    ['simulate', '--mqtt', broker.url, ...fleet, '--record', record, '--json'],
    {
      MQTT_USERNAME: broker.username,
      MQTT_PASSWORD: broker.password,
      MQTT_TOPIC_PREFIX: topicPrefix,
    },
  );
  expect(code, stderr).to.equal(0);
  const { messages, acknowledged } = JSON.parse(stdout);
  expect(acknowledged).to.equal(messages);
  return record;
}

async function readRecorded({ queryFlux, buckets }: World): Promise<Recorded> {
  const [photographs, consumptions] = await Promise.all([
    collectRows(
      queryFlux(
        `from(bucket: "${buckets.history}") |> range(start: 0) |> filter(fn: (r) => r._measurement == "photograph")
           |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> group() |> sort(columns: ["_time"])`,
        Photograph,
      ),
    ),
    collectRows(
      queryFlux(
        `from(bucket: "${buckets.telemetry}") |> range(start: 0)
           |> filter(fn: (r) => r._measurement == "consumption") |> last()`,
        Consumption,
      ),
    ),
  ]);
  const byOutlet = new Map<string, Photograph[]>();
  for (const photograph of photographs) {
    const name = `${photograph.box}/${photograph.outlet}`;
    byOutlet.set(name, [...(byOutlet.get(name) ?? []), photograph]);
  }
  return {
    photographs: byOutlet,
    lastConsumptionKwh: new Map(consumptions.map(({ box, outlet, _value }) => [`${box}/${outlet}`, _value])),
  };
}

function statusesShown({ photographs }: Recorded, name: string): number[] {
  return (photographs.get(name) ?? [])
    .filter(({ reason }) => reason === 'first' || reason === 'status')
    .map(({ status }) => status);
}

/** Whether all has arrived that is still to come: the last status of each outlet, and a photograph of what it drew since. */
function isAllRecorded(outlets: readonly OutletRecord[], recorded: Recorded): boolean {
  return outlets.every(
    ({ name, statuses }) =>
      recorded.photographs.get(name)?.at(-1)?.status === statuses.at(-1) &&
      statusesShown(recorded, name).length >= statuses.length - 1 &&
      (photographLagKwh(recorded, name) ?? 0) < DEADBAND_KWH,
  );
}

/** How far the last photograph of an outlet is behind its register; undefined if that was unknown when it was taken. */
function photographLagKwh({ photographs, lastConsumptionKwh }: Recorded, name: string): number | undefined {
  const energyKwh = photographs.get(name)?.at(-1)?.energy_kwh;
  return energyKwh == null ? undefined : Math.abs((lastConsumptionKwh.get(name) ?? energyKwh) - energyKwh);
}

/** How far a recorded energy is from what the register may have shown. */
function distanceKwh(outlet: OutletRecord, atMs: number, energyKwh: number): number {
  const energies = energiesJ(outlet, atMs, RESET_SEEN_WITHIN_MS);
  return Math.min(...energies.map((energyJ) => Math.abs(jouleToKwh(energyJ) - energyKwh)));
}
