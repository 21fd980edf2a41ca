import type { IClientOptions } from 'mqtt';
import type { Config } from '../config.ts';

export type MqttSettings = Pick<
  Config,
  | 'MQTT_URL'
  | 'MQTT_USERNAME'
  | 'MQTT_PASSWORD'
  | 'MQTT_CLIENT_ID'
  | 'MQTT_CA_FILE'
  | 'MQTT_CERT_FILE'
  | 'MQTT_KEY_FILE'
  | 'MQTT_TOPIC_PREFIX'
>;

/** Who Evida is at the broker, and how it knows the broker. */
export function clientOptions(settings: MqttSettings): IClientOptions {
  const { MQTT_USERNAME, MQTT_PASSWORD, MQTT_CA_FILE, MQTT_CERT_FILE, MQTT_KEY_FILE } = settings;
  return {
    clientId: settings.MQTT_CLIENT_ID,
    protocolVersion: 4,
    ...(MQTT_USERNAME !== undefined && { username: MQTT_USERNAME }),
    ...(MQTT_PASSWORD !== undefined && { password: MQTT_PASSWORD }),
    ...(MQTT_CA_FILE !== undefined && { ca: MQTT_CA_FILE }),
    ...(MQTT_CERT_FILE !== undefined && { cert: MQTT_CERT_FILE }),
    ...(MQTT_KEY_FILE !== undefined && { key: MQTT_KEY_FILE }),
  };
}
