import { type Observable, Subject } from 'rxjs';
import type { Point } from '../../../streams/point.ts';
import type { Config } from '../../config.ts';
import type { EvidaError } from '../../errors.ts';
import type { Books, DeliveryStatus, Part } from '../../http/status.ts';
import { connectInflux, type InfluxConnection, influxAddress } from '../../influx/connect.ts';
import type { DeadPoint } from '../../influx/deliver-batch.ts';
import type { Sent } from '../../influx/in-flight.ts';
import { readLastPhotographs } from '../../influx/last-photographs.ts';
import { createQueryFlux } from '../../influx/query.ts';
import { Sender } from '../../influx/sender.ts';
import { createWriteBatch } from '../../influx/write-batch.ts';
import {
  answerDeadLetterRequests,
  type DeadLetterAnswer,
  type DeadLetterRequest,
} from '../../journal/dead-letter-requests.ts';
import type { DeadLetters } from '../../journal/dead-letters.ts';
import type { Log } from '../../log.ts';
import { MqttSource } from '../../mqtt/mqtt-source.ts';
import type { Received } from '../../mqtt/reception.ts';
import { VERSION } from '../../project-file.ts';
import { THRESHOLDS } from '../../variables.ts';
import { BoxWatch } from './box-watch.ts';
import { describeDelivery, describeParts } from './describe-delivery.ts';
import { deadLettersDirectory, journalDirectory } from './directories.ts';
import { Noise } from './noise.ts';
import { PointSource } from './point-source.ts';
import { type FoundOnDisk, readDisk } from './read-disk.ts';
import { Recorder } from './recorder.ts';
import { replayLetters } from './replay-letters.ts';
import type { SnapshotHeader } from './snapshot-schema.ts';
import { Snapshots } from './snapshots.ts';
import { SteadyClock } from './steady-clock.ts';

const INFLUX_TIMEOUT_MS = 20_000;
const FLUSH_LETTERS_EVERY_MS = 1000;
const NOISIEST = 10;
/** A larger payload is of no use whatever it holds: it is kept cut to this. */
const MOST_PAYLOAD_BYTES = 2 ** 20;

export interface TelemetryOptions {
  readonly config: Config;
  readonly log: Log;
  /** Another client has the session at the broker; nothing is received any more. */
  readonly onFatal: (error: EvidaError) => void;
}

/**
 * The way of the messages: from the broker into the log, through the streams, and from the log to InfluxDB
 * (architecture.md, "Delivery"). What was acknowledged to the broker is on the disk; what is on the disk gets to InfluxDB.
 */
export class Telemetry {
  readonly points$: Observable<Point>;
  readonly #points = new Subject<Point>();
  readonly #options: TelemetryOptions;
  readonly #found: FoundOnDisk;
  readonly #stopping = new AbortController();
  readonly #noise = new Noise();
  readonly #clock: SteadyClock;
  readonly #recorder: Recorder;
  readonly #snapshots: Snapshots;
  readonly #influx: InfluxConnection;
  readonly #unsent: PointSource;
  readonly #sender: Sender;
  readonly #mqtt: MqttSource;
  readonly #boxes: BoxWatch;
  #sentThrough: number;
  #lastMessageAtMs: number | undefined;
  #flushing: NodeJS.Timeout | undefined;
  #background: readonly Promise<void>[] = [];

  /**
   * Takes up where the log ends: what was due and is past is decided now.
   * @throws EvidaError JOURNAL_REFUSED while the disk cannot be read or written; JOURNAL_FORMAT if a newer Evida wrote it
   */
  static async open(options: TelemetryOptions): Promise<Telemetry> {
    return new Telemetry(options, await readDisk(options.config, options.log));
  }

  private constructor(options: TelemetryOptions, found: FoundOnDisk) {
    const { config, log } = options;
    const { journal, state } = found;
    this.#options = options;
    this.#found = found;
    this.points$ = this.#points.asObservable();
    this.#sentThrough = state.sentThrough;
    this.#clock = new SteadyClock(Date.now, () => performance.now(), state.lastTimeMs);
    this.#recorder = this.#createRecorder();
    this.#snapshots = this.#createSnapshots();
    this.#influx = connectInflux({
      ...influxAddress(config),
      token: config.INFLUX_TOKEN,
      timeoutMs: INFLUX_TIMEOUT_MS,
    });
    this.#unsent = new PointSource(journal, state.sentThrough);
    this.#sender = this.#createSender();
    this.#mqtt = this.#createSource();
    this.#boxes = new BoxWatch({
      reducers: state.reducers,
      recorder: this.#recorder,
      lastPhotographs: (boxes, signal) => this.#lastPhotographs(boxes, signal),
      subscribe: (boxes) => this.#mqtt.setBoxes(boxes),
      signal: this.#stopping.signal,
      log,
    });
    this.#goOn();
  }

  /** Connects to the broker and to InfluxDB, for as long as it takes. */
  start(): void {
    const { journal, letters } = this.#found;
    const { config, log } = this.#options;
    journal.onRefusal(({ reason }) => this.#mqtt.suspend(reason));
    journal.onAccepted(() => this.#mqtt.resume());
    if (journal.refusal !== undefined) this.#mqtt.suspend(journal.refusal.reason);
    this.#mqtt.start();
    this.#flushing = setInterval(() => void this.#flushLetters(), FLUSH_LETTERS_EVERY_MS);
    this.#background = [
      this.#sender.run(),
      answerDeadLetterRequests(
        deadLettersDirectory(config.DATA_DIR),
        (request) => this.#answer(request, letters),
        {
          log,
          signal: this.#stopping.signal,
        },
      ),
    ];
  }

  /** Listens to exactly these boxes from now on. */
  setBoxes(boxes: Iterable<number>): void {
    this.#boxes.set(boxes);
  }

  get books(): Books {
    const { messages, points } = this.#found.state.books;
    return { messages, points };
  }

  describe(): DeliveryStatus {
    const { journal, letters, deadMessages, state } = this.#found;
    return describeDelivery({
      mqtt: this.#mqtt.stats,
      sender: this.#sender.stats,
      journal,
      letters,
      lastMessageAtMs: this.#lastMessageAtMs,
      silentBoxes: state.reducers.connections?.silentBoxes,
      rejectedPairs: deadMessages.rejectedPairs,
      noisiest: this.#noise.noisiest(NOISIEST),
      snapshotAtMs: this.#snapshots.takenAtMs,
      clockAheadMs: this.#clock.aheadMs,
      nowMs: Date.now(),
    });
  }

  parts(): Readonly<Record<string, Part>> {
    const { journal } = this.#found;
    return describeParts({ mqtt: this.#mqtt.stats, sender: this.#sender.stats, journal });
  }

  /**
   * Ends in the order of the data: no more messages, all that was received acknowledged, the last points sent, a snapshot.
   * What cannot be sent within `withinMs` stays in the log, and what is due is decided at the next start.
   */
  async stop(withinMs: number): Promise<void> {
    const { journal, letters } = this.#found;
    this.#stopping.abort(new Error('Evida stops'));
    await this.#boxes.close();
    await this.#mqtt.close();
    this.#recorder.stop();
    this.#points.complete();
    await this.#sender.stop(withinMs);
    await Promise.all(this.#background);
    clearInterval(this.#flushing);
    await this.#flushLetters();
    await this.#snapshots.close();
    await this.#unsent.close();
    await journal.close();
    await letters.close();
    this.#influx.close();
  }

  /** The first records of this run: what was torn off, that it starts, and that nobody watched since the last. */
  #goOn(): void {
    const { state } = this.#found;
    const { config } = this.#options;
    const { nowMs } = this.#clock.read();
    for (const point of state.pending) this.#recorder.record(point);
    this.#recorder.control({ kind: 'started', at: nowMs, version: VERSION });
    this.#recorder.control({ kind: 'settings', values: thresholdsOf(config) });
    if (state.lastTimeMs !== undefined) this.#recorder.noticeUnobserved(state.lastTimeMs);
  }

  #createRecorder(): Recorder {
    const { config, log } = this.#options;
    const { journal, deadMessages, state } = this.#found;
    return new Recorder({
      journal,
      reducers: state.reducers,
      config,
      clock: this.#clock,
      onDecoded: (decoded, sequence) => {
        state.books.countMessage(decoded.readings !== undefined);
        deadMessages.look(decoded, sequence);
      },
      onPoint: (point) => {
        state.books.countPoint();
        this.#noise.count(point);
        this.#points.next(point);
      },
      log,
    });
  }

  #createSnapshots(): Snapshots {
    const { config, log } = this.#options;
    const { journal, letters, state } = this.#found;
    const header = (): SnapshotHeader => ({
      kind: 'evida-snapshot',
      version: 1,
      sequence: journal.lastSequence,
      atMs: this.#recorder.atMs,
      sentThrough: this.#sentThrough,
      books: state.books.export(),
      receipts: state.receipts.export(),
    });
    return new Snapshots({
      directory: journalDirectory(config.DATA_DIR),
      journal,
      reducers: state.reducers,
      letters,
      header,
      skips: () => this.#recorder.skips,
      now: Date.now,
      log,
    });
  }

  #createSender(): Sender {
    const { config, log } = this.#options;
    const buckets = { telemetry: config.INFLUX_TELEMETRY_BUCKET, history: config.INFLUX_HISTORY_BUCKET };
    return new Sender({
      source: this.#unsent,
      write: createWriteBatch(this.#influx.influx, config.INFLUX_ORG, INFLUX_TIMEOUT_MS),
      buckets,
      onSent: (sent) => this.#noteSent(sent),
      onDead: (point) => this.#bury(point),
      log,
    });
  }

  #createSource(): MqttSource {
    const { config, log, onFatal } = this.#options;
    const { journal, state } = this.#found;
    return new MqttSource({
      settings: config,
      commits: journal,
      receipts: state.receipts,
      onMessage: (received) => this.#receive(received),
      onConnected: ({ sessionPresent }) =>
        this.#recorder.control({ kind: 'connected', at: this.#recorder.tick(), sessionPresent }),
      onDisconnected: () => undefined,
      onDuplicate: () => state.books.countDuplicate(),
      onFatal,
      now: Date.now,
      log,
    });
  }

  #receive(received: Received): void {
    const { payload, retained } = received;
    if (!retained) this.#lastMessageAtMs = Date.now();
    const isLong = payload.length > MOST_PAYLOAD_BYTES;
    this.#recorder.receive(
      isLong ? { ...received, payload: payload.subarray(0, MOST_PAYLOAD_BYTES) } : received,
    );
  }

  #noteSent({ through, written, dead }: Sent): void {
    this.#sentThrough = through;
    this.#found.journal.release({ sent: through });
    if (written + dead === 0) return;
    this.#found.state.books.countSent(written, dead);
    this.#recorder.control({ kind: 'sent', through, written, dead });
  }

  async #bury({ sequence, line, bucket, reason }: DeadPoint): Promise<void> {
    const { letters } = this.#found;
    letters.add({ kind: 'point', id: sequence, line, bucket, reason, diedAt: Date.now() });
    await letters.flush();
  }

  async #answer({ verb, filter }: DeadLetterRequest, letters: DeadLetters): Promise<DeadLetterAnswer> {
    if (verb === 'replay') return await replayLetters(letters, this.#recorder, filter);
    return { done: await letters.drop(filter), left: 0 };
  }

  /** Letters are durable only after their messages are: a sequence that is lost is given again. */
  async #flushLetters(): Promise<void> {
    const { journal, letters } = this.#found;
    if (letters.waiting === 0) return;
    try {
      await journal.committed(journal.lastSequence, AbortSignal.timeout(FLUSH_LETTERS_EVERY_MS));
      await letters.flush();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'dead letters could not be kept yet');
    }
  }

  #lastPhotographs(boxes: ReadonlySet<number>, signal: AbortSignal) {
    const { INFLUX_ORG, INFLUX_HISTORY_BUCKET } = this.#options.config;
    const queryFlux = createQueryFlux(this.#influx.influx, INFLUX_ORG);
    return readLastPhotographs(queryFlux, INFLUX_HISTORY_BUCKET, boxes, Date.now(), signal);
  }
}

function thresholdsOf(config: Config): Record<string, string> {
  const values = new Map(Object.entries(config));
  return Object.fromEntries(Object.keys(THRESHOLDS).map((name) => [name, String(values.get(name))]));
}
