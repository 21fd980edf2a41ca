import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { InfluxDbPart } from '../../src/embedded/influxdb.ts';
import type { MqttServerPart } from '../../src/embedded/mosquitto.ts';
import type { Subject } from './subject.ts';

const STARTED_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const BUCKET = 'telemetry';

/**
 * Telegraf as it loses nothing (persistent session, undelivered messages tracked) and is fast: with its default of 1000
 * undelivered messages it takes a twentieth of this. It stores what came as text, one point a message.
 */
export async function startTelegraf(
  command: string,
  directory: string,
  broker: MqttServerPart,
  influx: InfluxDbPart,
): Promise<Subject> {
  const file = join(directory, 'telegraf.conf');
  await writeFile(file, configuration(broker, influx), { mode: 0o600 });
  const log = openSync(join(directory, 'telegraf.log'), 'a', 0o600);
  const telegraf = spawn(command, ['--config', file], { stdio: ['ignore', log, log], detached: true });
  const ended = new Promise<void>((resolve) => {
    telegraf.once('exit', () => resolve());
    telegraf.once('error', () => resolve());
  });
  const pid = telegraf.pid;
  if (pid === undefined) throw new Error(`${command} cannot be run`);
  const taken = async () => await pointsOf(influx);
  // One point that tells that it listens: what comes before is nobody's.
  await untilListening(broker, taken);
  const before = await taken();
  return {
    name: 'Telegraf',
    pid,
    taken: async () => (await taken()) - before,
    isDone: () => Promise.resolve(true),
    stop: async () => {
      telegraf.kill('SIGTERM');
      const late = setTimeout(() => telegraf.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

function configuration(broker: MqttServerPart, influx: InfluxDbPart): string {
  return `[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 200000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://${new URL(broker.url).host}"]
  username = "${broker.username}"
  password = "${broker.password}"
  client_id = "telegraf-bench"
  topics = ["#"]
  qos = 1
  persistent_session = true
  max_undelivered_messages = 20000
  data_format = "value"
  data_type = "string"
[[outputs.influxdb_v2]]
  urls = ["${influx.url}"]
  token = "${influx.adminToken}"
  organization = "${influx.org}"
  bucket = "${BUCKET}"
`;
}

/** How many points InfluxDB says it has written since its start. */
async function pointsOf({ url }: InfluxDbPart): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^storage_writer_ok_points_sum\{[^}]*\} (\S+)$/m.exec(metrics)?.[1] ?? 0);
}

async function untilListening(broker: MqttServerPart, taken: () => Promise<number>): Promise<void> {
  const { url, username, password } = broker;
  const client = await connectAsync(url, { username, password });
  try {
    const before = await taken();
    const deadline = performance.now() + STARTED_WITHIN_MS;
    let seen = before;
    while (seen === before) {
      if (performance.now() > deadline) throw new Error('Telegraf does not listen');
      await client.publishAsync('VEbox_0', 'x-230', { qos: 1 });
      await delay(500);
      seen = await taken();
    }
    // What is on its way still.
    for (let last = -1; last !== seen; seen = await taken()) {
      last = seen;
      await delay(2500);
    }
  } finally {
    await client.endAsync();
  }
}
