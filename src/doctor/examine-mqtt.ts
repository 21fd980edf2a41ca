import type { MqttClient } from 'mqtt';
import type { Config } from '../config.ts';
import { openConnection, ownClientId } from '../mqtt/open-connection.ts';
import { examine, type Finding, fault, ok, warning } from './finding.ts';

const PART = 'MQTT broker';

/** Connection, login, subscription, and whether the broker keeps sessions: on a client id of its own. */
export function examineMqtt(config: Config): Promise<readonly Finding[]> {
  return examine(
    PART,
    'Check MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, and that the broker runs.',
    async () => {
      const clientId = ownClientId(config, 'doctor');
      const first = await openConnection(config, clientId, false);
      const findings = [ok(PART, `connected to ${config.MQTT_URL}`)];
      try {
        findings.push(await examineSubscription(first.client, `${config.MQTT_TOPIC_PREFIX}SEbox_0`));
      } finally {
        await first.client.endAsync();
      }
      findings.push(await examineSession(config, clientId));
      return findings;
    },
  );
}

async function examineSubscription(client: MqttClient, topic: string): Promise<Finding> {
  const [grant] = await client.subscribeAsync(topic, { qos: 1 });
  if (grant?.qos === 1) return ok(PART, 'box topics may be subscribed to with QoS 1');
  return fault(
    PART,
    grant?.qos === 0 ? `${topic} is granted with QoS 0 only` : `the subscription to ${topic} is refused`,
    'Allow this user to read the box topics, with QoS 1, in the access list of the broker.',
  );
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
