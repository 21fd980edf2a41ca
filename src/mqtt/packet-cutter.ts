const CONTINUED = 0x80;
const LENGTH_BITS = 0x7f;
const MOST_LENGTH_BYTES = 4;

/** Cuts a stream of bytes into MQTT packets, by their fixed header. */
export class PacketCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** The packets that these bytes complete; the packets are views of them. @throws RangeError if this is no MQTT */
  cut(bytes: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const packets: Buffer[] = [];
    for (let length = packetLength(rest); length <= rest.length; length = packetLength(rest)) {
      packets.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.#rest = rest;
    return packets;
  }
}

/** Of the packet that begins here; infinite as long as its header is not complete. */
function packetLength(bytes: Buffer): number {
  let length = 0;
  for (let at = 1; at <= MOST_LENGTH_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) return Number.POSITIVE_INFINITY;
    length += (byte & LENGTH_BITS) * 128 ** (at - 1);
    if ((byte & CONTINUED) === 0) return 1 + at + length;
  }
  throw new RangeError('the length of an MQTT packet has at most four bytes');
}
