import { Duplex } from 'node:stream';
import { Acknowledgements } from './acknowledgements.ts';
import type { ProtocolVersion } from './client-options.ts';
import { PacketCutter } from './packet-cutter.ts';
import { PUBLISH, type Publish, packetType, readPublish } from './publish-packet.ts';

/** How far the log has come: what is appended gets the next sequence, what is committed is on disk. */
export interface Commits {
  /** Of the last append. */
  readonly lastSequence: number;
  /** On disk up to here. */
  readonly committedSequence: number;
  readonly uncommittedBytes: number;
  /** Somebody waits for a commit: it need not wait for more. */
  hurry(): void;
  /** Returns its removal. */
  onCommit(listener: () => void): () => void;
}

/** The socket is not read while more than this waits for the disk, until half of it is left. */
const MOST_UNCOMMITTED_BYTES = 8 * 1024 * 1024;

/**
 * After it is read, the socket is left alone for so long: a broker writes each message by itself, and to wake up for each
 * costs both sides more than to handle it.
 */
const REST_MS = 5;
/** When the broker has said all it had: it may say no more before something is acknowledged (MQTT 3.1.1: often 20 messages). */
const SHORT_REST_MS = 1;

const CONNACK = 2;

/**
 * A connection to a broker whose acknowledgements wait for the disk. It takes the messages out of what comes in, hands each
 * one on, and acknowledges it only when all that was appended to the log until then is committed. The order of
 * acknowledgements is kept, and thousands may wait. All other packets are between the broker and MQTT.js, and pass at once: a
 * ping must not wait for the disk, and the marker that ends a hold must not wait for its end.
 */
export class GatedStream extends Duplex {
  readonly #socket: Duplex;
  readonly #commits: Commits;
  readonly #version: ProtocolVersion;
  readonly #removeListener: () => void;
  readonly #cutter = new PacketCutter();
  readonly #waiting = new Acknowledgements();
  #handOn: ((message: Publish) => void) | undefined;
  /** Messages that came before there was somebody to hand them on to: with the CONNACK, in one chunk. */
  readonly #early: Publish[] = [];
  #isGreeted = false;
  #isHeld = false;
  /** The reader has room; the log has none; nothing is to be read any more. */
  #isAskedFor = false;
  #isFull = false;
  #isResting = false;
  #isFinishing = false;
  #onAcknowledged: (() => void) | undefined;

  constructor(socket: Duplex, commits: Commits, version: ProtocolVersion) {
    super();
    this.#socket = socket;
    this.#commits = commits;
    this.#version = version;
    this.#removeListener = commits.onCommit(() => this.#proceed());
    socket.on('readable', () => this.#readOn());
    socket.on('end', () => this.push(null));
    // What came before the end, such as the broker's reason for it, is still handled.
    socket.on('error', (error) => {
      this.#readOnce();
      this.destroy(error);
    });
    socket.on('close', () => {
      this.#readOnce();
      this.push(null);
      this.end();
    });
  }

  /**
   * Hands on all messages from the first one on; each is acknowledged when what `handOn` has appended is committed. Whoever
   * cannot take one destroys the stream.
   */
  begin(handOn: (message: Publish) => void): void {
    this.#handOn = handOn;
    for (const message of this.#early.splice(0)) this.#take(message, handOn);
    this.#acknowledge();
  }

  /** From now on acknowledgements wait whatever is committed. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Acknowledgements go on. Those that were held wait for what has been appended meanwhile. */
  release(): void {
    this.#isHeld = false;
    this.#waiting.waitFor(this.#commits.lastSequence);
    this.#acknowledge();
  }

  /**
   * Reads no more from the socket. Resolves when what was read has been handled and acknowledged; also if that cannot be,
   * because acknowledgements are held or the connection is gone.
   */
  async finishReading(): Promise<void> {
    this.#isFinishing = true;
    if (this.#waiting.length === 0 || this.#isHeld || this.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#onAcknowledged = resolve;
    });
  }

  override _read(): void {
    this.#isAskedFor = true;
    this.#readOn();
  }

  /** Written is taken, so that its writer never waits: what MQTT.js has to say is little. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#socket.write(chunk);
    callback();
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    callback();
  }

  override _final(callback: () => void): void {
    // Nothing may follow a DISCONNECT; what is not read by now comes again, and must not hide the end.
    this.#waiting.clear();
    this.#socket
      .removeAllListeners('readable')
      .resume()
      .end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#removeListener();
    this.#waiting.clear();
    this.#socket.destroy();
    this.#onAcknowledged?.();
    callback(error);
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
    const packets = this.#waiting.takeThrough(this.#commits.committedSequence);
    if (packets.length === 0) return;
    this.#socket.write(packets);
    if (this.#waiting.length === 0) this.#onAcknowledged?.();
  }

  /** What has come since the last time; then it rests, and lets commits and timers have their turn. */
  #readOn(): void {
    if (this.#isResting || !this.#readOnce()) return;
    this.#isResting = true;
    // The socket had stopped after the first bytes that came while it was left alone: now it has the others, too.
    setImmediate(() => {
      const isBusy = this.#readOnce();
      if (!isBusy) this.#commits.hurry();
      const rest = isBusy ? REST_MS : SHORT_REST_MS;
      setTimeout(() => {
        this.#isResting = false;
        this.#readOn();
      }, rest);
    });
  }

  #readOnce(): boolean {
    if (!this.#isAskedFor || this.#isFull || this.#isFinishing) return false;
    const chunk: Buffer | null = this.#socket.read();
    if (chunk === null) return false;
    this.#receive(chunk);
    return true;
  }

  #receive(chunk: Buffer): void {
    const others: Buffer[] = [];
    let failure: Error | undefined;
    try {
      this.#cutter.cut(chunk, (bytes, start, end) => {
        const type = packetType(bytes[start] ?? 0);
        if (type === PUBLISH) this.#receivePublish(bytes, start, end);
        else others.push(bytes.subarray(start, end));
        this.#isGreeted ||= type === CONNACK;
      });
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#acknowledge();
    if (others.length > 0 && !this.push(Buffer.concat(others))) this.#isAskedFor = false;
    if (failure !== undefined) this.destroy(failure);
    if (this.#commits.uncommittedBytes > MOST_UNCOMMITTED_BYTES) this.#isFull = true;
  }

  #receivePublish(bytes: Buffer, start: number, end: number): void {
    if (this.destroyed) return;
    const message = readPublish(bytes, start, end, this.#version);
    if (this.#handOn !== undefined) this.#take(message, this.#handOn);
    else if (this.#isGreeted) this.#early.push(message);
    else throw new RangeError('the broker sends a message before it has let anybody in');
  }

  #take(message: Publish, handOn: (message: Publish) => void): void {
    if (this.destroyed) return;
    handOn(message);
    if (message.packetId === 0 || this.destroyed) return;
    this.#waiting.add(message.packetId, this.#commits.lastSequence);
  }
}
