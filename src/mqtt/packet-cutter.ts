import { afterVariableLength, variableLength } from './variable-length.ts';

const LEAST_PACKET_BYTES = 2;

/** Told of a packet that is whole: where it begins in these bytes, and where it has ended. */
export type TakePacket = (bytes: Buffer, start: number, end: number) => void;

/** Cuts a stream of bytes into MQTT packets, by their fixed header. */
export class PacketCutter {
  /** What came of a packet that is not whole yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** It cannot be whole with less. */
  #needed = LEAST_PACKET_BYTES;

  /** Gives each packet that these bytes complete to `take`. @throws RangeError if this is no MQTT */
  cut(bytes: Buffer, take: TakePacket): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) return;
    const whole = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces, this.#length);
    let start = 0;
    let end = packetEnd(whole, start);
    while (end <= whole.length) {
      take(whole, start, end);
      start = end;
      end = packetEnd(whole, start);
    }
    const rest = whole.subarray(start);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    this.#needed = Number.isFinite(end) ? end - start : rest.length + 1;
  }
}

/** Of the packet that begins here; infinite as long as its header is not complete. */
function packetEnd(bytes: Buffer, start: number): number {
  const body = afterVariableLength(bytes, start + 1, bytes.length);
  return Number.isFinite(body) ? body + variableLength(bytes, start + 1, body) : body;
}
