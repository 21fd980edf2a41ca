const FIRST_BYTES = 64 * 1024;
/** What a buffer may keep when it is emptied: a burst must not cost its memory for ever. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Records that wait for the disk, encoded one behind the other in one buffer that grows. */
export class PendingBuffer {
  /** Valid until the next `reserve`. */
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  #records = 0;

  /** Bytes in it. */
  get used(): number {
    return this.#used;
  }

  get records(): number {
    return this.#records;
  }

  /** Makes room behind what is used. @returns where that room starts */
  reserve(size: number): number {
    const needed = this.#used + size;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, this.#used);
      this.bytes = larger;
    }
    return this.#used;
  }

  /** One more record ends at `end`. */
  take(end: number): void {
    this.#used = end;
    this.#records += 1;
  }

  clear(): void {
    this.#used = 0;
    this.#records = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }
}
