import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { streamBuilder as openWebSocket } from 'mqtt/lib/connect/ws';
import type { MqttSettings } from './client-options.ts';

const PORTS = { mqtt: 1883, mqtts: 8883 };

/** It reads no further ahead than once: what else comes waits with the system, at no cost, until somebody reads. */
const READS_ONCE = { readableHighWaterMark: 1 };

/**
 * A socket to the broker, by the scheme of MQTT_URL. A client certificate makes it a secure one in any case, as in
 * MQTT.js. Acknowledgements are written in batches, so nothing is gained by delaying them once more (noDelay).
 */
export function openSocket(settings: MqttSettings, client: MqttClient): Duplex {
  const url = new URL(settings.MQTT_URL);
  const tls = {
    ...(settings.MQTT_CA_FILE !== undefined && { ca: settings.MQTT_CA_FILE }),
    ...(settings.MQTT_CERT_FILE !== undefined && { cert: settings.MQTT_CERT_FILE }),
    ...(settings.MQTT_KEY_FILE !== undefined && { key: settings.MQTT_KEY_FILE }),
  };
  const isSecure = /^(mqtts|wss):$/.test(url.protocol) || ('cert' in tls && 'key' in tls);
  if (url.protocol.startsWith('ws')) {
    const address = {
      protocol: isSecure ? ('wss' as const) : ('ws' as const),
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: url.pathname + url.search,
    };
    return openWebSocket(client, { ...address, ...tls });
  }
  // An IPv6 address stands in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port) || (isSecure ? PORTS.mqtts : PORTS.mqtt);
  if (!isSecure) return connectTcp({ host, port, noDelay: true, ...READS_ONCE });
  const socket = connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls });
  return socket.setNoDelay(true);
}
