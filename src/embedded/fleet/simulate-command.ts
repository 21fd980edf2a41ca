import { stopSignal } from '../../stop-signal.ts';
import { publishFleet } from './publish-fleet.ts';

export interface SimulateOptions {
  /** May hold user and password. */
  readonly mqtt: string;
  readonly boxes: number;
  readonly seed: number;
  /** ms; until it is stopped, if absent. */
  readonly for?: number;
  readonly record?: string;
  readonly timeZone: string;
  readonly json: boolean;
}

/** `evida simulate`: publishes what a fleet would say, at its own time. */
export async function simulate({
  mqtt,
  boxes,
  seed,
  timeZone,
  json,
  ...options
}: SimulateOptions): Promise<void> {
  const url = new URL(mqtt);
  const username = decodeURIComponent(url.username) || process.env.MQTT_USERNAME;
  const password = decodeURIComponent(url.password) || process.env.MQTT_PASSWORD;
  url.username = '';
  url.password = '';
  const summary = await publishFleet({
    mqttUrl: url.href,
    ...(username && password && { username, password }),
    fleet: { boxes, seed, timeZone },
    ...(options.for !== undefined && { forMs: options.for }),
    ...(options.record !== undefined && { recordFile: options.record }),
    signal: stopSignal(),
    onStats: ({ messages, inFlight, lagMs }) => {
      process.stderr.write(
        `${messages} messages, ${inFlight} not yet acknowledged, ${Math.round(lagMs)} ms behind\n`,
      );
    },
  });
  const { messages, acknowledged, durationMs } = summary;
  const seconds = (durationMs / 1000).toFixed(1);
  process.stdout.write(
    json
      ? `${JSON.stringify(summary)}\n`
      : `${messages} messages in ${seconds} s, ${acknowledged} acknowledged\n`,
  );
}
