import { randomBytes } from 'node:crypto';
import { connect, type MqttClient } from 'mqtt';
import type { Config } from '../config.ts';
import { EvidaError, messageOf } from '../errors.ts';
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
      const first = await open(config, clientId, false);
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
  const again = await open(config, clientId, false);
  await again.client.endAsync();
  await (await open(config, clientId, true)).client.endAsync();
  if (again.sessionPresent) return ok(PART, 'sessions are kept while their client is away');
  return warning(
    PART,
    'the session was not kept: messages that arrive while Evida is away are lost',
    'Turn on persistent sessions (Mosquitto: persistence true, max_queued_messages 0).',
  );
}

/** One connection, tried once. */
function open(
  config: Config,
  clientId: string,
  clean: boolean,
): Promise<{ client: MqttClient; sessionPresent: boolean }> {
  const options = {
    ...clientOptions(config),
    clientId,
    clean,
    reconnectPeriod: 0,
    connectTimeout: TIMEOUT_MS,
  };
  const client = connect(config.MQTT_URL, options);
  return new Promise((resolve, reject) => {
    const fail = (problem: string) => {
      client.end(true);
      reject(new EvidaError('MQTT_UNAVAILABLE', { operation: `connecting to ${config.MQTT_URL}`, problem }));
    };
    client.once('connect', ({ sessionPresent }) => resolve({ client, sessionPresent }));
    client.once('error', (error) => fail(messageOf(error)));
    client.once('close', () => fail('the broker closed the connection'));
  });
}
