import type { IClientOptions } from 'mqtt';
import type { Config } from '../config.ts';
import { tlsHint } from '../tls-hint.ts';

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

export type SessionSettings = MqttSettings & Pick<Config, 'MQTT_SESSION_EXPIRY'>;

/** 5, or 3.1.1, which is 4 on the wire. */
export type ProtocolVersion = 4 | 5;

/**
 * Messages that the broker may send ahead of their acknowledgement (MQTT 5). At 50,000 messages/s it lasts for commits of
 * 0.4 s; Mosquitto's own limit of 20 would be used up by one. More would only wait, and be sent again after a lost connection.
 */
const RECEIVE_MAXIMUM = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that is half open is noticed within one and a half times this. */
const KEEPALIVE_S = 30;

/** What to do about a connection that TLS refused, if it did. */
export function brokerTlsHint(error: unknown): { hint?: string } {
  const hint = tlsHint(error, { ca: 'MQTT_CA_FILE', certificate: 'MQTT_CERT_FILE and MQTT_KEY_FILE' });
  return hint === undefined ? {} : { hint };
}

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

/** One connection of the session that the broker keeps while Evida is away. Nothing is repeated behind Evida's back. */
export function sessionOptions(settings: SessionSettings, protocolVersion: ProtocolVersion): IClientOptions {
  const sessionExpiryInterval = Math.ceil(settings.MQTT_SESSION_EXPIRY / 1000);
  return {
    ...clientOptions(settings),
    protocolVersion,
    clean: false,
    reconnectPeriod: 0,
    resubscribe: false,
    manualConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_S,
    ...(protocolVersion === 5 && { properties: { sessionExpiryInterval, receiveMaximum: RECEIVE_MAXIMUM } }),
  };
}
