import { setTimeout as delay } from 'node:timers/promises';
import { type IConnackPacket, MqttClient, type Packet, ReasonCodes } from 'mqtt';
import { messageOf } from '../errors.ts';
import {
  brokerTlsHint,
  type ProtocolVersion,
  type SessionSettings,
  sessionOptions,
} from './client-options.ts';
import { type Commits, GatedStream } from './gated-stream.ts';
import { Marker, markerTopic } from './marker.ts';
import { openSocket } from './open-socket.ts';
import type { Publish } from './publish-packet.ts';
import type { Receipts } from './receipts.ts';
import { type Received, Reception } from './reception.ts';

export interface ConnectionParts {
  readonly settings: SessionSettings;
  readonly protocolVersion: ProtocolVersion;
  readonly commits: Commits;
  readonly receipts: Receipts;
  readonly markerWithinMs: number;
  /** At CONNACK, before any message. */
  readonly onConnected: (session: AcceptedSession) => void;
  /** From now on it takes what is to be sent. */
  readonly onReady: () => void;
  readonly onMessage: (received: Received) => void;
  readonly onDuplicate: () => void;
  /** The broker hands on markers. */
  readonly onMarkerProven: () => void;
  /** The marker will not come. */
  readonly onMarkerFailed: (problem: string) => void;
}

export interface AcceptedSession {
  /** The broker had kept it. */
  readonly sessionPresent: boolean;
  /** How long the broker keeps it, if it says so: s. */
  readonly sessionExpiryS: number | undefined;
}

/** How a connection ended. */
export interface Ending {
  /**
   * `ours`: it was closed or dropped here. `refused`: the broker said no to CONNECT, with `code`. `disconnected`: it said,
   * with MQTT 5, why it goes, with `code`. `closed`: it went without a word. `failed`: the network, or what came, was at fault.
   * `not taken`: whoever was handed a message could not take it.
   */
  readonly by: 'ours' | 'refused' | 'disconnected' | 'closed' | 'failed' | 'not taken';
  readonly reason: string;
  /** A reason code of MQTT. */
  readonly code?: number;
  /** What can be done about it. */
  readonly hint?: string;
}

/** How long a message may wait for the next one. */
const HOLD_MS = 10_000;
const LEFT: Ending = { by: 'ours', reason: 'Evida stops' };

/** One connection to the broker, from CONNECT to its end; it is never made again. */
export class Connection {
  /** Settles when it is over; never rejects. */
  readonly ended: Promise<Ending>;
  readonly client: MqttClient;
  readonly #parts: ConnectionParts;
  readonly #markerTopic: string;
  #end: (ending: Ending) => void = () => undefined;
  #gate: GatedStream | undefined;
  #marker: Marker | undefined;
  #reception: Reception | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** Set as soon as nothing more can be taken or acknowledged. */
  #ending: Ending | undefined;
  #isLeaving = false;

  constructor(parts: ConnectionParts) {
    const { settings, protocolVersion } = parts;
    this.#parts = parts;
    this.#markerTopic = markerTopic(settings.MQTT_TOPIC_PREFIX, settings.MQTT_CLIENT_ID);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.client = new MqttClient(
      (client) => this.#openStream(client),
      sessionOptions(settings, protocolVersion),
    );
    this.#handleEvents();
  }

  /** Call it once. */
  open(): void {
    try {
      this.client.connect();
    } catch (error) {
      // Certificates that cannot be read.
      this.drop({ by: 'failed', reason: messageOf(error) });
    }
  }

  /** CONNACK said yes, and it is not over yet. */
  get isAccepted(): boolean {
    return this.#reception !== undefined && this.#ending === undefined;
  }

  get isBacklog(): boolean {
    return this.isAccepted && this.#reception?.isBacklog === true;
  }

  /** Sends the marker that ends the backlog. */
  sendMarker(): void {
    this.#marker?.send();
  }

  /** A marker was sent, and nothing has been heard of it. */
  get isMarkerOpen(): boolean {
    return this.#marker?.isOpen ?? false;
  }

  /** Ends the backlog, for what that is worth: nobody can tell any more. */
  goWithoutMarker(problem: string): void {
    this.#guard(() => {
      this.#parts.onMarkerFailed(problem);
      this.#reception?.endBacklog();
    });
  }

  /** Ends it at once: nothing more is taken or acknowledged. The broker keeps the session. */
  drop(ending: Ending): void {
    this.#ending ??= ending;
    if (this.#gate === undefined) this.#finish();
    else this.#gate.destroy();
  }

  /** Acknowledges what it has received when that is committed, and takes its leave; drops it if that takes too long. */
  async close(withinMs: number): Promise<void> {
    const late = new AbortController();
    const deadline = delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#takeLeave(), deadline]);
    late.abort();
    this.drop(LEFT);
    await this.ended;
  }

  async #takeLeave(): Promise<void> {
    if (!this.isAccepted) return;
    this.#isLeaving = true;
    await this.#gate?.finishReading();
    // MQTT.js would wait for answers that are not read any more.
    if (Object.keys(this.client.outgoing).length === 0) await this.client.endAsync();
  }

  #openStream(client: MqttClient): GatedStream {
    const { settings, commits, protocolVersion } = this.#parts;
    const gate = new GatedStream(openSocket(settings, client), commits, protocolVersion);
    // MQTT.js keeps errors without a code to itself.
    gate.on('error', (error) => this.#fail(error));
    this.#gate = gate;
    return gate;
  }

  #handleEvents(): void {
    const { client } = this;
    client.once('packetreceive', (packet) => this.#guard(() => this.#receiveFirst(packet)));
    client.once('connect', () => {
      if (this.isAccepted) this.#parts.onReady();
    });
    client.on('disconnect', ({ reasonCode = 0 }) => {
      const reason = `the broker ended the connection: ${meaningOf(reasonCode)}`;
      this.drop({ by: 'disconnected', reason, code: reasonCode });
    });
    client.on('error', (error) => this.#fail(error));
    client.once('close', () => this.#finish());
  }

  #receiveFirst(packet: Packet): void {
    if (packet.cmd !== 'connack' || (packet.reasonCode ?? packet.returnCode) !== 0) return;
    this.#accept(packet);
  }

  #receive(message: Publish, reception: Reception): void {
    if (!this.isAccepted) return;
    this.#guard(() => reception.receive(message));
    if (!reception.isHolding) return;
    // A broker whose window is filled by what is held sends no more, not even the marker.
    this.#patience ??= setTimeout(() => this.#guard(() => reception.endHold()), HOLD_MS);
    this.#patience.refresh();
  }

  #accept({ sessionPresent, properties }: IConnackPacket): void {
    const { settings, receipts, markerWithinMs, onMarkerProven, onConnected, onMessage, onDuplicate } =
      this.#parts;
    const gate = this.#gate;
    if (gate === undefined) return;
    const marker = new Marker(this.client, this.#markerTopic, markerWithinMs, {
      onProven: onMarkerProven,
      onFailed: (problem) => this.goWithoutMarker(problem),
    });
    this.#marker = marker;
    if (!sessionPresent) receipts.clear();
    const reception = new Reception({
      prefix: settings.MQTT_TOPIC_PREFIX,
      markerTopic: this.#markerTopic,
      isSessionKept: sessionPresent,
      receipts,
      gate,
      isMarker: (payload) => marker.recognise(payload),
      onMessage,
      onDuplicate,
    });
    this.#reception = reception;
    onConnected({ sessionPresent, sessionExpiryS: properties?.sessionExpiryInterval });
    gate.begin((message) => this.#receive(message, reception));
  }

  /** Whoever throws while a message is handed on has not taken it: it must not be acknowledged. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.drop({ by: 'not taken', reason: messageOf(error) });
    }
  }

  #fail(error: Error): void {
    const code = 'code' in error ? error.code : undefined;
    const reason = messageOf(error);
    if (typeof code === 'number' && this.#reception === undefined) this.drop({ by: 'refused', reason, code });
    else if (code === 'ECONNRESET' || code === 'EPIPE') this.drop(this.#closed());
    else this.drop({ by: 'failed', reason, ...brokerTlsHint(error) });
  }

  #finish(): void {
    this.#marker?.stop();
    clearTimeout(this.#patience);
    this.#ending ??= this.#isLeaving ? LEFT : this.#closed();
    this.#end(this.#ending);
  }

  #closed(): Ending {
    const when = this.#reception === undefined ? ' before it answered' : '';
    return { by: 'closed', reason: `the broker closed the connection${when}` };
  }
}

function meaningOf(reasonCode: number): string {
  const meaning = Object.entries(ReasonCodes).find(([code]) => Number(code) === reasonCode)?.[1];
  return meaning || `reason code ${reasonCode}`;
}
