import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { type EboostApiPart, startEboostApi } from '../../src/embedded/eboost/api-server.ts';
import type { EboostBox } from '../../src/embedded/eboost/records.ts';
import { createBuckets } from '../../src/influx/buckets.ts';
import { createQueryFlux, type QueryFlux } from '../../src/influx/query.ts';
import { EvidaProcess } from './evida-process.ts';
import { InfluxProxy } from './influx-proxy.ts';
import { MortalBroker, MortalInflux } from './parts.ts';
import { Publisher } from './publisher.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { telemetryEnvironment } from './telemetry-environment.ts';
import { Traffic, type TrafficOptions } from './traffic.ts';

export interface WorldOptions {
  /** Of this world alone; everything that it makes is in there. */
  readonly directory: string;
  readonly seed: number;
  /** Told about long work, one line at a time. */
  readonly say: (line: string) => void;
  /** Of Evida's environment, beside what the parts need. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A box that is listened to, and of whose outlets nothing is known: what it says can be done without. */
export const SPARE_BOX = 900;
const FIRST_BOX = 10;
const BOXES = 12;

/** So short that many events fit into seconds; the proportions are those of the defaults. */
const RULES = {
  PHOTOGRAPH_SETTLE: '60ms',
  PHOTOGRAPH_SETTLE_MAX: '300ms',
  UTILIZATION_INTERVAL: '500ms',
};
/** After so long without a message, all is decided: more than any of these rules waits. */
export const QUIET_MS = 1200;
const BUCKETS = {
  INFLUX_ORG: 'evida',
  INFLUX_TELEMETRY_BUCKET: 'telemetry',
  INFLUX_TELEMETRY_RETENTION: 0,
  INFLUX_HISTORY_BUCKET: 'history',
};
const READY_WITHIN_MS = 30_000;

/** Real servers, Evida between them, and a way to hurt each of them. */
export class World {
  readonly directory: string;
  readonly dataDir: string;
  readonly broker: MortalBroker;
  readonly influx: MortalInflux;
  /** Between Evida and the broker. */
  readonly mqtt: TcpProxy;
  /** Between Evida and InfluxDB. */
  readonly http: InfluxProxy;
  readonly evida: EvidaProcess;
  readonly publisher: Publisher;
  readonly #api: EboostApiPart;
  readonly #seed: number;
  #traffic: Traffic | undefined;

  private constructor(
    options: WorldOptions,
    parts: Pick<World, 'broker' | 'influx' | 'mqtt' | 'http'> & { readonly api: EboostApiPart },
    environment: Readonly<Record<string, string>>,
  ) {
    this.directory = options.directory;
    this.dataDir = environment.DATA_DIR ?? '';
    this.#seed = options.seed;
    this.broker = parts.broker;
    this.influx = parts.influx;
    this.mqtt = parts.mqtt;
    this.http = parts.http;
    this.#api = parts.api;
    this.evida = new EvidaProcess(environment, join(options.directory, 'evida.log'));
    this.publisher = new Publisher(() => this.broker.part);
  }

  /** Starts the servers, but not Evida. */
  static async open(options: WorldOptions): Promise<World> {
    const { directory, say } = options;
    await mkdir(directory, { recursive: true, mode: 0o711 });
    const broker = new MortalBroker(join(directory, 'mosquitto'));
    const influx = new MortalInflux(join(directory, 'influxdb'), say);
    const closing: (() => Promise<unknown>)[] = [() => broker.stop(), () => influx.stop()];
    try {
      await Promise.all([broker.start(), influx.start()]);
      await createBuckets(clientOf(influx), BUCKETS);
      const mqtt = await TcpProxy.open(() => broker.port);
      closing.push(() => mqtt.close());
      const http = await InfluxProxy.open(() => influx.part.url);
      closing.push(() => http.end());
      const api = await startEboostApi({ boxes: listedBoxes });
      const environment = {
        ...(await environmentOf({ directory, broker, influx, mqtt, http, api })),
        ...options.environment,
      };
      return new World(options, { broker, influx, mqtt, http, api }, environment);
    } catch (error) {
      await Promise.allSettled(closing.map((close) => close()));
      throw error;
    }
  }

  get traffic(): Traffic {
    if (this.#traffic === undefined) throw new Error('there is no traffic yet');
    return this.#traffic;
  }

  get queryFlux(): QueryFlux {
    return createQueryFlux(clientOf(this.influx), BUCKETS.INFLUX_ORG);
  }

  /** Starts Evida, and the traffic once it listens to all boxes: what no session waits for, the broker throws away. */
  async begin(traffic: Partial<TrafficOptions> = {}): Promise<void> {
    this.evida.start();
    await this.untilListening();
    this.#traffic = new Traffic({
      seed: this.#seed,
      boxes: trafficBoxes(),
      publisher: this.publisher,
      pauseMs: [50, 500],
      ...traffic,
    });
    this.http.beginWatch();
    this.#traffic.start();
  }

  async untilListening(withinMs = READY_WITHIN_MS): Promise<void> {
    const isListening = await this.evida.untilStatus(
      ({ delivery }) => delivery?.listening === true,
      withinMs,
    );
    if (!isListening) throw new Error(`Evida does not listen; its log ends with\n${this.logTail()}`);
  }

  /** Says something about the spare box that needs a place in the log and changes nothing in InfluxDB. */
  async publishSpare(messages: number, bytes: number): Promise<void> {
    const payload = 'x-230'.padEnd(bytes);
    for (let sent = 0; sent < messages; sent += 100) {
      const batch = Array.from({ length: Math.min(100, messages - sent) }, () =>
        this.publisher.publish(`VEbox_${SPARE_BOX}`, payload),
      );
      await Promise.all(batch);
    }
  }

  logTail(): string {
    return this.evida.log().trimEnd().split('\n').slice(-8).join('\n');
  }

  /** Stops everything; the directory stays. */
  async close(): Promise<void> {
    await this.evida.kill();
    await this.publisher.close();
    await this.#traffic?.pause().catch(() => undefined);
    await Promise.allSettled([this.mqtt.close(), this.http.end(), this.#api.stop()]);
    await Promise.allSettled([this.broker.stop(), this.influx.stop()]);
  }
}

function clientOf({ part: { url, adminToken: token } }: MortalInflux): InfluxDB {
  return new InfluxDB({ url, token, timeout: 60_000 });
}

function trafficBoxes(): number[] {
  return Array.from({ length: BOXES }, (_, index) => FIRST_BOX + index);
}

function listedBoxes(): EboostBox[] {
  return [...trafficBoxes(), SPARE_BOX].map((number) => ({
    id: number,
    uniqueId: `Ebox_${number}`,
    name: `Box ${number}`,
    status: true,
    city: '',
    district: '',
    address: '',
    latitude: 10.8,
    longitude: 106.7,
    consumedFee: 0,
    available: 10,
    createdAtMs: 0,
    updatedAtMs: 0,
  }));
}

async function environmentOf(
  world: Pick<World, 'directory' | 'broker' | 'influx' | 'mqtt' | 'http'> & { readonly api: EboostApiPart },
): Promise<Record<string, string>> {
  const { directory, broker, influx, mqtt, http, api } = world;
  const dataDir = join(directory, 'data');
  return {
    ...(await telemetryEnvironment({ broker: broker.part, influx: influx.part, api, dataDir })),
    MQTT_URL: `mqtt://127.0.0.1:${mqtt.port}`,
    MQTT_CLIENT_ID: 'evida-faults',
    INFLUX_URL: http.url,
    ...RULES,
  };
}
