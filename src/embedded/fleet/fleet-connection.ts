import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { EvidaError } from '../../errors.ts';

const MOST_IN_FLIGHT = 2000;
const RECONNECT_MS = 250;
const ABORT_GRACE_MS = 2000;

interface FleetConnectionOptions {
  readonly mqttUrl: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly qos: 0 | 1;
  readonly signal: AbortSignal;
}

/**
 * One connection that publishes for the whole fleet. It bounds what is unacknowledged, and goes through broker
 * restarts: what was unacknowledged is sent again.
 */
export class FleetConnection {
  acknowledged = 0;
  inFlight = 0;
  reconnects = -1;
  #wake: (() => void) | undefined;
  #closed: Promise<void> | undefined;
  readonly #client: MqttClient;
  readonly #qos: 0 | 1;

  private constructor(client: MqttClient, qos: 0 | 1) {
    this.#client = client;
    this.#qos = qos;
    client.on('connect', () => {
      this.reconnects += 1;
    });
    // MQTT.js tries again by itself; without a listener the process would end.
    client.on('error', () => undefined);
  }

  /** @throws EvidaError MQTT_UNAVAILABLE if the broker cannot be reached or refuses at first */
  static async open(options: FleetConnectionOptions): Promise<FleetConnection> {
    const { mqttUrl, username, password, qos, signal } = options;
    const client = mqtt.connect(mqttUrl, {
      clientId: `evida-fleet-${randomUUID().slice(0, 8)}`,
      reconnectPeriod: RECONNECT_MS,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    const connection = new FleetConnection(client, qos);
    try {
      await untilConnected(client, signal);
    } catch (cause) {
      await client.endAsync(true);
      throw new EvidaError('MQTT_UNAVAILABLE', {
        operation: `connecting the simulated fleet to ${withoutSecrets(mqttUrl)}`,
        cause,
        hint: 'check the address, and whether the user may connect',
      });
    }
    return connection;
  }

  publish(topic: string, payload: string): void {
    this.inFlight += 1;
    this.#client.publish(topic, payload, { qos: this.#qos }, (error) => {
      this.inFlight -= 1;
      if (!error) this.acknowledged += 1;
      this.#wake?.();
    });
  }

  get isFull(): boolean {
    return this.inFlight >= MOST_IN_FLIGHT;
  }

  /** Resolves when there is room for many more messages, or on abort. */
  untilRoom(signal: AbortSignal): Promise<void> {
    return this.#untilInFlight(MOST_IN_FLIGHT / 2, signal);
  }

  async #untilInFlight(most: number, signal: AbortSignal): Promise<void> {
    while (this.inFlight > most && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#wake = undefined;
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#wake = () => {
          if (this.inFlight <= most) done();
        };
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  /**
   * Waits until everything is acknowledged and disconnects. After an abort it waits for two seconds at most: a broker
   * that is gone must not hold up whoever stops the fleet. Closing twice is harmless.
   */
  close(signal: AbortSignal): Promise<void> {
    this.#closed ??= this.#close(signal);
    return this.#closed;
  }

  async #close(signal: AbortSignal): Promise<void> {
    await this.#untilInFlight(0, signal);
    const grace = new AbortController();
    const waiting = delay(ABORT_GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined);
    const gone = waiting.then(() => grace.abort());
    await this.#untilInFlight(0, grace.signal);
    grace.abort();
    await gone;
    await this.#client.endAsync(this.inFlight > 0 || !this.#client.connected);
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

function untilConnected(client: MqttClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      client.off('connect', connected).off('error', failed).off('close', closed);
      signal.removeEventListener('abort', aborted);
      act();
    };
    const connected = (): void => settle(resolve);
    const failed = (error: Error): void => settle(() => reject(error));
    // A broker may hang up without a word.
    const closed = (): void => settle(() => reject(new Error('the broker closed the connection')));
    const aborted = (): void => settle(() => reject(signal.reason));
    client.on('connect', connected).on('error', failed).on('close', closed);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted);
  });
}
