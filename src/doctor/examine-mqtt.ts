import type { MqttClient } from 'mqtt';
import { topicsOfBox } from '../../streams/decode-topic.ts';
import type { Config } from '../config.ts';
import { grantsOf } from '../mqtt/grants.ts';
import { openConnection, ownClientId } from '../mqtt/open-connection.ts';
import { examine, type Finding, fault, ok, warning } from './finding.ts';

const PART = 'MQTT broker';

/** Connection, login, subscription to every topic of a box, and whether the broker keeps sessions: on a client id of its own. */
export function examineMqtt(config: Config, deadlineMs: number): Promise<readonly Finding[]> {
  return examine(
    PART,
    'Check MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, and that the broker runs.',
    deadlineMs,
    async (signal) => {
      const clientId = ownClientId(config, 'doctor');
      const first = await openConnection(config, clientId, false);
      signal.addEventListener('abort', () => first.client.end(true), { once: true });
      const findings = [ok(PART, `connected to ${config.MQTT_URL}`)];
      try {
        const topics = topicsOfBox(0).map((topic) => config.MQTT_TOPIC_PREFIX + topic);
        findings.push(...(await examineSubscription(first.client, topics)));
      } finally {
        await first.client.endAsync();
      }
      findings.push(await examineSession(config, clientId));
      return findings;
    },
  );
}

async function examineSubscription(client: MqttClient, topics: readonly string[]): Promise<Finding[]> {
  const hint = 'Allow this user to read the box topics, with QoS 1, in the access list of the broker.';
  const grants = await grantsOf(client, topics);
  if (grants === undefined)
    return [fault(PART, 'the connection broke while topics were subscribed to', hint)];
  const downgraded = topics.filter((_, at) => grants[at] === 0);
  const refused = topics.filter((_, at) => grants[at] !== 0 && grants[at] !== 1);
  if (downgraded.length + refused.length === 0)
    return [ok(PART, 'the topics of a box may be subscribed to with QoS 1')];
  return [
    ...(refused.length === 0 ? [] : [fault(PART, `may not be subscribed to: ${refused.join(', ')}`, hint)]),
    ...(downgraded.length === 0
      ? []
      : [fault(PART, `granted with QoS 0 only: ${downgraded.join(', ')}`, hint)]),
  ];
}

/** A second connection of the same client id shows whether the first one's session was kept; a third one ends it. */
async function examineSession(config: Config, clientId: string): Promise<Finding> {
  const again = await openConnection(config, clientId, false);
  await again.client.endAsync();
  await (await openConnection(config, clientId, true)).client.endAsync();
  if (again.sessionPresent) return ok(PART, 'sessions are kept while their client is away');
  return warning(
    PART,
    'the session was not kept: messages that arrive while Evida is away are lost',
    'Turn on persistent sessions (Mosquitto: persistence true, max_queued_messages 0).',
  );
}
