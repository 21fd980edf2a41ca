import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { decodeTopic } from '../../streams/decode-topic.ts';
import { EvidaError, messageOf } from '../errors.ts';
import type { MqttSettings } from './client-options.ts';
import { openConnection, ownClientId } from './open-connection.ts';

/** A topic, without the prefix, and what came on it; what the broker had retained is no sign of life. */
interface HeardTopic {
  readonly topic: string;
  readonly messages: number;
  readonly retained: number;
}

export interface HeardBox {
  readonly number: number;
  readonly topics: readonly HeardTopic[];
}

/**
 * Listens for so long to whatever box there is, listed or not, by one wildcard, on a connection of its own.
 * @throws EvidaError MQTT_UNAVAILABLE; MQTT_REFUSED where the broker does not allow the wildcard
 */
export async function hearBoxes(settings: MqttSettings, forMs: number): Promise<HeardBox[]> {
  const { client } = await openConnection(settings, ownClientId(settings, 'boxes'), true);
  try {
    const counts = new Map<string, { messages: number; retained: number }>();
    const prefix = settings.MQTT_TOPIC_PREFIX;
    client.on('message', (topic, _payload, { retain }) => {
      if (!topic.startsWith(prefix) || decodeTopic(topic.slice(prefix.length)) === undefined) return;
      const count = counts.get(topic.slice(prefix.length)) ?? { messages: 0, retained: 0 };
      counts.set(topic.slice(prefix.length), count);
      if (retain) count.retained++;
      else count.messages++;
    });
    await subscribe(client, settings);
    await listen(client, settings, forMs);
    return byBox([...counts].map(([topic, count]) => ({ topic, ...count })));
  } finally {
    await client.endAsync(true);
  }
}

/** A wildcard stands for a whole level; the prefix may end within one. */
async function subscribe(client: MqttClient, { MQTT_URL, MQTT_TOPIC_PREFIX }: MqttSettings): Promise<void> {
  const wildcard = `${MQTT_TOPIC_PREFIX.slice(0, MQTT_TOPIC_PREFIX.lastIndexOf('/') + 1)}+`;
  try {
    await client.subscribeAsync(wildcard, { qos: 0 });
  } catch (cause) {
    throw new EvidaError('MQTT_REFUSED', {
      operation: `subscribing to ${wildcard} at ${MQTT_URL}`,
      problem: `the broker does not allow this wildcard (${messageOf(cause)})`,
      hint: 'Allow this user to read it in the access list of the broker, or set MQTT_USERNAME to a user who may.',
      cause,
    });
  }
}

async function listen(client: MqttClient, { MQTT_URL }: MqttSettings, forMs: number): Promise<void> {
  const lost = new AbortController();
  client.once('close', () => lost.abort());
  try {
    await delay(forMs, undefined, { signal: lost.signal });
  } catch {
    throw new EvidaError('MQTT_UNAVAILABLE', {
      operation: `listening at ${MQTT_URL}`,
      problem: 'the broker closed the connection',
    });
  }
}

function byBox(topics: readonly HeardTopic[]): HeardBox[] {
  const boxes = new Map<number, HeardTopic[]>();
  for (const heard of [...topics].sort((a, b) => (a.topic < b.topic ? -1 : 1))) {
    const box = decodeTopic(heard.topic)?.box;
    if (box === undefined) continue;
    const ofBox = boxes.get(box);
    if (ofBox === undefined) boxes.set(box, [heard]);
    else ofBox.push(heard);
  }
  return [...boxes].map(([number, ofBox]) => ({ number, topics: ofBox })).sort((a, b) => a.number - b.number);
}
