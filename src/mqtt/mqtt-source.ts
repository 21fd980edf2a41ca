import { EvidaError } from '../errors.ts';
import { Backoff } from './backoff.ts';
import { BoxTopics } from './box-topics.ts';
import { type AcceptedSession, Connection, type Ending } from './connection.ts';
import { markerTopic } from './marker.ts';
import { MarkerAllowance } from './marker-allowance.ts';
import { ProtocolChoice } from './protocol-choice.ts';
import { type MqttSourceOptions, type MqttStats, PACE, type Pace } from './source-options.ts';
import { Takeovers } from './takeovers.ts';
import { isNotAllowed, LEFT_THERE, Trouble } from './trouble.ts';

const CLOSE_WITHIN_MS = 3000;

/**
 * The messages of the boxes, each handed on once, and acknowledged only when the log has it on disk. It connects until it
 * is closed, however often the broker goes away; the broker keeps the session meanwhile.
 */
export class MqttSource {
  readonly #options: MqttSourceOptions;
  readonly #pace: Pace;
  readonly #topics: BoxTopics;
  readonly #marker: MarkerAllowance;
  readonly #trouble: Trouble;
  readonly #backoff: Backoff;
  readonly #protocol = new ProtocolChoice();
  readonly #takeovers = new Takeovers();
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #suspended: string | undefined;
  #wake: () => void = () => undefined;
  #since: number;
  #connections = 0;
  #duplicates = 0;

  constructor(options: MqttSourceOptions) {
    const { settings, now, log, pace = PACE } = options;
    this.#options = options;
    this.#pace = pace;
    this.#topics = new BoxTopics(settings.MQTT_TOPIC_PREFIX, log);
    this.#marker = new MarkerAllowance(markerTopic(settings.MQTT_TOPIC_PREFIX, settings.MQTT_CLIENT_ID), log);
    this.#trouble = new Trouble(settings.MQTT_URL, log);
    this.#backoff = new Backoff(pace.retryMs, pace.retryMostMs, Math.random);
    this.#since = now();
  }

  /** Connects, now and whenever it has to, until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  get stats(): MqttStats {
    const isConnected = this.#connection?.isAccepted ?? false;
    return {
      connected: isConnected,
      listening: isConnected && this.#topics.isListening,
      suspended: this.#suspended,
      since: this.#since,
      protocolVersion: this.#protocol.version,
      reconnects: Math.max(0, this.#connections - 1),
      duplicates: this.#duplicates,
      topics: this.#topics.count,
      refusedTopics: this.#topics.refused,
      backlog: this.#connection?.isBacklog ?? false,
      lastFailure: this.#trouble.last,
    };
  }

  /** Listens to exactly these boxes from now on; topics that were refused are asked for again. */
  setBoxes(boxes: Iterable<number>): void {
    this.#topics.setBoxes(boxes);
  }

  /** Drops the connection at once and stays away; what arrives meanwhile waits at the broker. */
  suspend(reason: string): void {
    if (this.#suspended !== reason) this.#options.log.warn(`${LEFT_THERE}: ${reason}`);
    this.#suspended = reason;
    this.#connection?.drop({ by: 'ours', reason });
    this.#wake();
  }

  /** Connects again, if it was suspended. */
  resume(): void {
    if (this.#suspended === undefined) return;
    this.#suspended = undefined;
    this.#wake();
  }

  /**
   * Takes in no more, acknowledges what was received as soon as it is committed, and takes its leave; the broker keeps the
   * session. What is not committed in time comes again.
   */
  async close(withinMs = CLOSE_WITHIN_MS): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#connection?.close(withinMs);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#suspended !== undefined) await this.#sleep();
      else await this.#sleep(await this.#connectOnce());
    }
  }

  /** Gives how long to wait before the next connection, ms. */
  async #connectOnce(): Promise<number> {
    const { settings, commits, receipts, onMessage, now } = this.#options;
    const protocolVersion = this.#protocol.version;
    let session: (AcceptedSession & { readonly acceptedAt: number }) | undefined;
    const connection = new Connection({
      settings,
      protocolVersion,
      commits,
      receipts,
      markerWithinMs: this.#pace.markerWithinMs,
      onMessage,
      onDuplicate: () => {
        this.#duplicates++;
        this.#options.onDuplicate();
      },
      onConnected: (accepted) => {
        session = { ...accepted, acceptedAt: now() };
        this.#greet(accepted);
      },
      onReady: () => void this.#arrange(connection, session?.sessionPresent === true),
      onMarkerProven: () => this.#marker.prove(),
      onMarkerFailed: (problem) => this.#marker.fail(problem),
    });
    this.#connection = connection;
    connection.open();
    const ending = await connection.ended;
    this.#connection = undefined;
    this.#topics.detach();
    if (connection.isMarkerOpen) this.#marker.consider(ending);
    if (session === undefined) return this.#considerFailure(ending);
    return this.#considerEnd(ending, session.acceptedAt);
  }

  /** CONNACK said yes. */
  #greet({ sessionPresent, sessionExpiryS }: AcceptedSession): void {
    const { settings, onConnected, now, log } = this.#options;
    this.#since = now();
    this.#connections++;
    this.#protocol.prove();
    this.#trouble.end();
    const protocol = this.#protocol.version === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
    log.info({ broker: settings.MQTT_URL, protocol, sessionPresent }, 'connected to the MQTT broker');
    if (sessionExpiryS !== undefined && sessionExpiryS * 1000 < settings.MQTT_SESSION_EXPIRY) {
      log.warn({ sessionExpiryS }, 'the MQTT broker keeps sessions for less than MQTT_SESSION_EXPIRY');
    }
    onConnected({ sessionPresent });
  }

  /** In a session that was kept everything is set, and what comes after the marker is live. */
  async #arrange(connection: Connection, isSessionKept: boolean): Promise<void> {
    if (isSessionKept) this.#mark(connection);
    await this.#topics.attach(connection.client, isSessionKept);
    if (!isSessionKept && connection.isAccepted) this.#mark(connection);
  }

  #mark(connection: Connection): void {
    if (this.#marker.isGiven) connection.sendMarker();
    else connection.goWithoutMarker('the broker ends the connection when it is sent');
  }

  #considerFailure(ending: Ending): number {
    const before = this.#protocol.version;
    this.#protocol.consider(ending);
    if (ending.by === 'ours') return 0;
    this.#takeovers.excuse();
    if (before === 5 && this.#protocol.version === 4 && ending.by === 'refused') {
      this.#options.log.info('the MQTT broker does not know MQTT 5: MQTT 3.1.1 it is');
      return 0;
    }
    const waitMs = isNotAllowed(ending) ? this.#pace.refusedMs : this.#backoff.nextMs();
    this.#trouble.say(ending, waitMs);
    return waitMs;
  }

  #considerEnd(ending: Ending, acceptedAt: number): number {
    const { onDisconnected, now } = this.#options;
    const endedAt = now();
    this.#since = endedAt;
    if (endedAt - acceptedAt >= this.#pace.steadyMs) this.#backoff.reset();
    const waitMs = ending.by === 'ours' ? 0 : this.#backoff.nextMs();
    if (ending.by !== 'ours') this.#trouble.say(ending, waitMs);
    onDisconnected(ending.reason);
    const isTaken = this.#takeovers.note(ending, { acceptedAt, endedAt });
    if (isTaken !== 'no') this.#giveUp(isTaken);
    return waitMs;
  }

  #giveUp(isTaken: 'probably' | 'yes'): void {
    const { settings, onFatal } = this.#options;
    const taken = `another client with the id ${settings.MQTT_CLIENT_ID} has taken the session three times in a minute`;
    const closed = 'the broker has closed the connection three times in a minute as soon as it stood';
    this.#isClosed = true;
    onFatal(
      new EvidaError('MQTT_TAKEN_OVER', {
        operation: `listening at ${settings.MQTT_URL}`,
        problem: isTaken === 'yes' ? taken : `${closed}; probably ${taken}`,
        hint: 'Each process needs its own MQTT_CLIENT_ID (and DATA_DIR): stop the other one, or give it another.',
      }),
    );
  }

  /** Until it is woken, or so many ms. */
  #sleep(ms?: number): Promise<void> {
    if (this.#isClosed || ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
