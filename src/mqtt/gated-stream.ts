import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { PacketCutter } from './packet-cutter.ts';

/** How far the log has come: what is appended gets the next sequence, what is committed is on disk. */
export interface Commits {
  /** Of the last append. */
  readonly lastSequence: number;
  /** On disk up to here. */
  readonly committedSequence: number;
  readonly uncommittedBytes: number;
  /** Returns its removal. */
  onCommit(listener: () => void): () => void;
}

/** The socket is not read while more than this waits for the disk, until half of it is left. */
const MOST_UNCOMMITTED_BYTES = 8 * 1024 * 1024;

/** PUBACK, and what QoS 2 has instead: PUBREC, PUBCOMP. */
const ACKNOWLEDGEMENTS: ReadonlySet<number> = new Set([4, 5, 7]);

/**
 * A connection to a broker whose acknowledgements wait for the disk. MQTT.js acknowledges a message as soon as it has
 * handed it out; here that PUBACK leaves only when all that was appended to the log until then is committed. Their order
 * is kept, and thousands may wait. All other packets pass at once: a ping must not wait for the disk, and the marker that
 * ends a hold must not wait for its end.
 */
export class GatedStream extends Duplex {
  readonly #socket: Duplex;
  readonly #commits: Commits;
  readonly #removeListener: () => void;
  readonly #cutter = new PacketCutter();
  /** Acknowledgements, each with the sequence that it waits for; these only grow. */
  readonly #waiting: { readonly packet: Buffer; sequence: number }[] = [];
  #isHeld = false;
  /** The reader has room; the log has none; nothing is to be read any more. */
  #isAskedFor = false;
  #isFull = false;
  #isFinishing = false;
  #onAcknowledged: (() => void) | undefined;

  constructor(socket: Duplex, commits: Commits) {
    super();
    this.#socket = socket;
    this.#commits = commits;
    this.#removeListener = commits.onCommit(() => this.#proceed());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.pause();
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    // What came before the end, such as the broker's reason for it, is still handled.
    socket.on('close', () => this.push(null) || this.end());
  }

  /** From now on acknowledgements wait whatever is committed. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Acknowledgements go on. Those that were held wait for what has been appended meanwhile. */
  release(): void {
    this.#isHeld = false;
    for (const waiting of this.#waiting) waiting.sequence = this.#commits.lastSequence;
    this.#acknowledge();
  }

  /**
   * Reads no more from the socket. Resolves when what was read has been handled and acknowledged; also if that cannot be,
   * because acknowledgements are held or the connection is gone.
   */
  async finishReading(): Promise<void> {
    this.#isFinishing = true;
    this.#socket.pause();
    // MQTT.js hands out a chunk in one turn of the event loop.
    await turn();
    if (this.#waiting.length === 0 || this.#isHeld || this.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#onAcknowledged = resolve;
    });
  }

  override _read(): void {
    this.#isAskedFor = true;
    this.#readOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#send(chunk, callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: () => void): void {
    // Nothing may follow a DISCONNECT.
    this.#waiting.length = 0;
    this.#socket.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#removeListener();
    this.#waiting.length = 0;
    this.#socket.destroy();
    this.#onAcknowledged?.();
    callback(error);
  }

  /**
   * Written is taken, so the writer never waits: MQTT.js would hand out no message while it does. What can wait here is
   * bounded by the messages that a broker sends without being acknowledged.
   */
  #send(bytes: Buffer, callback: (error?: Error) => void): void {
    for (const packet of this.#cutter.cut(bytes)) {
      if (ACKNOWLEDGEMENTS.has((packet[0] ?? 0) >> 4)) {
        this.#waiting.push({ packet, sequence: this.#commits.lastSequence });
      } else {
        this.#socket.write(packet);
      }
    }
    this.#acknowledge();
    callback();
  }

  #proceed(): void {
    this.#acknowledge();
    if (this.#isFull && this.#commits.uncommittedBytes < MOST_UNCOMMITTED_BYTES / 2) {
      this.#isFull = false;
      this.#readOn();
    }
  }

  #acknowledge(): void {
    if (this.#isHeld) return;
    const { committedSequence } = this.#commits;
    let count = 0;
    for (const { sequence } of this.#waiting) {
      if (sequence > committedSequence) break;
      count++;
    }
    if (count === 0) return;
    this.#socket.write(Buffer.concat(this.#waiting.splice(0, count).map(({ packet }) => packet)));
    if (this.#waiting.length === 0) this.#onAcknowledged?.();
  }

  /** One chunk a turn of the event loop: a long queue at the broker must not keep commits and timers waiting. */
  #receive(chunk: Buffer): void {
    this.#socket.pause();
    if (!this.push(chunk)) this.#isAskedFor = false;
    if (this.#commits.uncommittedBytes > MOST_UNCOMMITTED_BYTES) this.#isFull = true;
    setImmediate(() => this.#readOn());
  }

  #readOn(): void {
    if (this.#isAskedFor && !this.#isFull && !this.#isFinishing) this.#socket.resume();
  }
}
