import { EvidaError } from '../../errors.ts';
import { stopSignal } from '../../stop-signal.ts';
import { PACES } from './pace.ts';
import { publishFleet } from './publish-fleet.ts';

export interface SimulateOptions {
  /** Without user and password. */
  readonly mqtt: string;
  readonly boxes: number;
  readonly seed: number;
  /** ms; until it is stopped, if absent. */
  readonly for?: number;
  readonly record?: string;
  readonly timeZone: string;
  /** How fast things happen: `street` as they really do. */
  readonly pace: keyof typeof PACES;
  readonly json: boolean;
}

/**
 * `evida simulate`: publishes what a fleet would say, at its own time.
 * @throws EvidaError USAGE, MQTT_UNAVAILABLE
 */
export async function simulate({
  mqtt,
  boxes,
  seed,
  timeZone,
  pace,
  json,
  ...options
}: SimulateOptions): Promise<void> {
  const mqttUrl = publicUrl(mqtt);
  const { MQTT_USERNAME: username, MQTT_PASSWORD: password, MQTT_TOPIC_PREFIX: topicPrefix } = process.env;
  const summary = await publishFleet({
    mqttUrl,
    ...(username && password && { username, password }),
    ...(topicPrefix && { topicPrefix }),
    fleet: { boxes, seed, timeZone, pace: PACES[pace] },
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

/** The errors do not repeat what may hold a password. */
function publicUrl(text: string): string {
  const operation = 'reading --mqtt';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(mqtt|ws)s?:$/.test(url.protocol)) {
    throw new EvidaError('USAGE', {
      operation,
      problem: 'it is no URL of an MQTT broker',
      hint: 'It looks like mqtt://localhost:1883.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new EvidaError('USAGE', {
      operation,
      problem: 'user and password must not stand in the URL, where every user of the machine sees them',
      hint: 'Set them in the environment, as MQTT_USERNAME and MQTT_PASSWORD.',
    });
  }
  return url.href;
}
