import { randomBytes } from 'node:crypto';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Config } from '../config.ts';
import { clientOptions } from '../mqtt/client-options.ts';
import { examine, type Finding, fault, ok, warning } from './finding.ts';

const PART = 'MQTT broker';
const TIMEOUT_MS = 5000;

/** Connection, login, subscription, and whether the broker keeps sessions: on a client id of its own. */
export function examineMqtt(config: Config): Promise<readonly Finding[]> {
  return examine(
    PART,
    'Check MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, and that the broker runs.',
    async () => {
      const clientId = `${config.MQTT_CLIENT_ID}-doctor-${randomBytes(4).toString('hex')}`;
      const connect = (changes: IClientOptions) =>
        connectAsync(
          config.MQTT_URL,
          { ...clientOptions(config), clientId, reconnectPeriod: 0, connectTimeout: TIMEOUT_MS, ...changes },
          false,
        );
      const findings: Finding[] = [];
      const first = await connect({ clean: false });
      try {
        findings.push(ok(PART, `connected to ${config.MQTT_URL}`));
        findings.push(await examineSubscription(first, `${config.MQTT_TOPIC_PREFIX}SEbox_0`));
      } finally {
        await first.endAsync();
      }
      findings.push(await examineSession(connect));
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
async function examineSession(connect: (changes: IClientOptions) => Promise<MqttClient>): Promise<Finding> {
  let present = false;
  const again = await connect({ clean: false, manualConnect: true });
  again.once('connect', ({ sessionPresent }) => {
    present = sessionPresent;
  });
  const connected = new Promise((resolve, reject) =>
    again.once('connect', resolve).once('error', reject).once('close', reject),
  );
  again.connect();
  await connected;
  await again.endAsync();
  await (await connect({ clean: true })).endAsync();
  if (present) return ok(PART, 'sessions are kept while their client is away');
  return warning(
    PART,
    'the session was not kept: messages that arrive while Evida is away are lost',
    'Turn on persistent sessions (Mosquitto: persistence true, max_queued_messages 0).',
  );
}
