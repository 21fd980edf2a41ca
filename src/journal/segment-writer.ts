import {
  close,
  codeOf,
  dataSync,
  open as openFile,
  syncDirectory,
  truncate,
  unlink,
  writeAll,
} from './disk.ts';
import { SEGMENT_HEADER_BYTES, type Segment, segmentHeader, segmentPath } from './segment.ts';

interface SegmentWriterOptions {
  readonly directory: string;
  /** The segments that there are, in order. It appends to the last one if that may be, and adds those it begins. */
  readonly segments: Segment[];
  readonly appendable: boolean;
  /** Above this, the next batch begins a new segment. */
  readonly segmentBytes: number;
  readonly now: () => number;
}

/** Records to be written, one behind the other; may be none. */
export interface Batch {
  readonly bytes: Uint8Array;
  /** How much of `bytes`. */
  readonly length: number;
  readonly first: number;
  readonly last: number;
}

/** The end of the log on disk. One call at a time. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  /** The last segment, while records may be appended to it. */
  #segment: Segment | undefined;
  #fd: number | undefined;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#segment = options.appendable ? options.segments.at(-1) : undefined;
  }

  /**
   * The batch is on the disk when it resolves. If it fails, the same batch must come next: it is written to a new
   * segment then, for after a failed fdatasync nobody knows which pages of the old one will reach the disk.
   *
   * @param fresh begin a new segment in any case, so that the one before it can be deleted
   */
  async write(batch: Batch, fresh = false): Promise<void> {
    const { segmentBytes, now } = this.#options;
    const open = this.#segment;
    if (fresh || open === undefined || open.bytes >= segmentBytes) {
      await this.#begin(batch);
      return;
    }
    try {
      this.#fd ??= await openFile(open.path, 'r+');
      await writeAll(this.#fd, batch.bytes, batch.length, open.bytes);
      await dataSync(this.#fd);
    } catch (error) {
      await this.#leave(open);
      throw error;
    }
    open.bytes += batch.length;
    open.last = batch.last;
    open.newestAt = now();
  }

  async close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#segment = undefined;
    // All that counts is durable by now.
    if (fd !== undefined) await close(fd).catch(() => undefined);
  }

  async #begin({ bytes, length, first, last }: Batch): Promise<void> {
    const { directory, segments, now } = this.#options;
    const path = segmentPath(directory, first);
    const fd = await create(path);
    try {
      await writeAll(fd, segmentHeader(), SEGMENT_HEADER_BYTES, 0);
      await writeAll(fd, bytes, length, SEGMENT_HEADER_BYTES);
      await dataSync(fd);
      await syncDirectory(directory);
    } catch (error) {
      await close(fd).catch(() => undefined);
      // If it stays, it is replaced by the next attempt, or read by the next start: there is nothing else in it.
      await unlink(path).catch(() => undefined);
      throw error;
    }
    await this.close();
    this.#fd = fd;
    this.#segment = {
      path,
      first,
      last,
      start: SEGMENT_HEADER_BYTES,
      bytes: SEGMENT_HEADER_BYTES + length,
      newestAt: now(),
    };
    // One without records, which was left, has the same name.
    if (segments.at(-1)?.first === first) segments.pop();
    segments.push(this.#segment);
  }

  /** Half a batch may stand at the end of the segment: it is cut off if the disk lets us, else passed over when it is read. */
  async #leave(segment: Segment): Promise<void> {
    if (this.#fd !== undefined) await truncate(this.#fd, segment.bytes).catch(() => undefined);
    await this.close();
  }
}

/** What an earlier attempt has left there under this name was never committed. */
async function create(path: string): Promise<number> {
  try {
    return await openFile(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await unlink(path);
    return await openFile(path, 'wx');
  }
}
