/** As many as there are packet ids. */
const CAPACITY = 65_536;
const PUBACK = 0x40;
const PUBACK_BYTES = 4;
const REMAINING_BYTES = 2;

/** What is to be acknowledged, in the order of receipt: each message waits for the commit of a sequence of the log. */
export class Acknowledgements {
  readonly #packetIds = new Uint16Array(CAPACITY);
  readonly #sequences = new Float64Array(CAPACITY);
  /** The oldest one. */
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * @param sequence no lower than that of the one before
   * @throws RangeError if more wait than a broker can tell apart
   */
  add(packetId: number, sequence: number): void {
    if (this.#length === CAPACITY) throw new RangeError('the broker sends on without acknowledgements');
    const slot = this.#slot(this.#length);
    this.#packetIds[slot] = packetId;
    this.#sequences[slot] = sequence;
    this.#length++;
  }

  /** All of them wait for this sequence now. */
  waitFor(sequence: number): void {
    this.#sequences.fill(sequence);
  }

  /** Takes those out that wait for nothing beyond this sequence: as PUBACK packets, one behind the other. */
  takeThrough(sequence: number): Buffer {
    let count = 0;
    while (count < this.#length && (this.#sequences[this.#slot(count)] ?? 0) <= sequence) count++;
    const packets = Buffer.allocUnsafe(count * PUBACK_BYTES);
    for (let index = 0; index < count; index++) {
      const at = index * PUBACK_BYTES;
      packets[at] = PUBACK;
      packets[at + 1] = REMAINING_BYTES;
      packets.writeUInt16BE(this.#packetIds[this.#slot(index)] ?? 0, at + 2);
    }
    this.#first = this.#slot(count);
    this.#length -= count;
    return packets;
  }

  clear(): void {
    this.#length = 0;
  }

  #slot(index: number): number {
    return (this.#first + index) % CAPACITY;
  }
}
