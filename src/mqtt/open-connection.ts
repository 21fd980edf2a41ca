import { randomBytes } from 'node:crypto';
import { connect, type MqttClient } from 'mqtt';
import { EvidaError, messageOf } from '../errors.ts';
import { brokerTlsHint, clientOptions, type MqttSettings } from './client-options.ts';

const TIMEOUT_MS = 5000;

/** A client id that no running Evida has: a second client of one id would end the connection of the first. */
export function ownClientId(settings: MqttSettings, purpose: string): string {
  return `${settings.MQTT_CLIENT_ID}-${purpose}-${randomBytes(4).toString('hex')}`;
}

/** One connection beside that of a running Evida, tried once. @throws EvidaError MQTT_UNAVAILABLE */
export function openConnection(
  settings: MqttSettings,
  clientId: string,
  clean: boolean,
): Promise<{ client: MqttClient; sessionPresent: boolean }> {
  const options = {
    ...clientOptions(settings),
    clientId,
    clean,
    reconnectPeriod: 0,
    connectTimeout: TIMEOUT_MS,
  };
  const client = connect(settings.MQTT_URL, options);
  return new Promise((resolve, reject) => {
    const fail = (problem: string, hint: { hint?: string } = {}) => {
      client.end(true);
      const operation = `connecting to ${settings.MQTT_URL}`;
      reject(new EvidaError('MQTT_UNAVAILABLE', { operation, problem, ...hint }));
    };
    client.once('connect', ({ sessionPresent }) => resolve({ client, sessionPresent }));
    client.on('error', (error) => fail(messageOf(error), brokerTlsHint(error)));
    client.once('close', () => fail('the broker closed the connection'));
  });
}
