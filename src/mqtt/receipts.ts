/**
 * One less than there are packet ids. A broker that numbers its messages in turn gives a new one an id that none of the
 * last 65,534 had, so it is never even taken for a candidate.
 */
const CAPACITY = 65_534;
const EXPORTED_BYTES = 6;

/**
 * The QoS 1 messages received in the session that the broker keeps, in the order of receipt, oldest first; the last 65,534
 * of them. Of each there are the packet id and a checksum of topic and payload: enough to know a copy by.
 */
export class Receipts {
  readonly #packetIds = new Uint16Array(CAPACITY);
  readonly #checksums = new Uint32Array(CAPACITY);
  /** Where the next one goes. */
  #next = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A message without a packet id (QoS 0) is never redelivered and leaves no receipt. */
  add(packetId: number, topic: string, payload: Uint8Array): void {
    if (packetId !== 0) this.#add(packetId, checksum(topic, payload));
  }

  /** The place of the last receipt with this packet id, or -1. */
  lastIndexOf(packetId: number): number {
    for (let index = this.#length - 1; index >= 0; index--) {
      if (this.#packetIds[this.#slot(index)] === packetId) return index;
    }
    return -1;
  }

  isAt(index: number, packetId: number, topic: string, payload: Uint8Array): boolean {
    if (index < 0 || index >= this.#length) return false;
    const slot = this.#slot(index);
    return this.#packetIds[slot] === packetId && this.#checksums[slot] === checksum(topic, payload);
  }

  clear(): void {
    this.#length = 0;
    this.#next = 0;
  }

  /** All receipts as base64: six bytes each, little-endian. */
  export(): string {
    const bytes = Buffer.alloc(this.#length * EXPORTED_BYTES);
    for (let index = 0; index < this.#length; index++) {
      const slot = this.#slot(index);
      bytes.writeUInt16LE(this.#packetIds[slot] ?? 0, index * EXPORTED_BYTES);
      bytes.writeUInt32LE(this.#checksums[slot] ?? 0, index * EXPORTED_BYTES + 2);
    }
    return bytes.toString('base64');
  }

  /** Takes the place of what is there. @throws RangeError if the text was not exported */
  restore(text: string): void {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length % EXPORTED_BYTES !== 0 || bytes.toString('base64') !== text) {
      throw new RangeError('these are no exported receipts');
    }
    this.clear();
    for (let at = 0; at < bytes.length; at += EXPORTED_BYTES) {
      this.#add(bytes.readUInt16LE(at), bytes.readUInt32LE(at + 2));
    }
  }

  #add(packetId: number, sum: number): void {
    this.#packetIds[this.#next] = packetId;
    this.#checksums[this.#next] = sum;
    this.#next = (this.#next + 1) % CAPACITY;
    if (this.#length < CAPACITY) this.#length++;
  }

  #slot(index: number): number {
    return (this.#next - this.#length + index + CAPACITY) % CAPACITY;
  }
}

/** FNV-1a, 32 bit. Its form is kept in snapshots: another one would make every copy look new after an update. */
function checksum(topic: string, payload: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < topic.length; at++) sum = Math.imul(sum ^ topic.charCodeAt(at), 0x01000193);
  for (const byte of payload) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
