import type { MqttClient } from 'mqtt';

/** Codes of a SUBACK from here on say no. */
export const REFUSED = 0x80;

/**
 * Subscribes with QoS 1; what is retained comes only for what was not subscribed to before (MQTT 5). Gives what the broker
 * grants for each topic: a QoS, or a code that says no; undefined if there was no answer.
 */
export function grantsOf(client: MqttClient, topics: readonly string[]): Promise<number[] | undefined> {
  return new Promise((resolve) => {
    client.subscribe([...topics], { qos: 1, rh: 1 }, (_error, _grants, packet) => {
      const codes = packet?.granted ?? [];
      resolve(codes.length === topics.length ? codes.map(Number) : undefined);
    });
  });
}
