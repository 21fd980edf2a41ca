import type { ProtocolVersion } from './client-options.ts';
import type { Ending } from './connection.ts';

/** "Unacceptable protocol version" in MQTT 3.1.1, "Unsupported Protocol Version" in MQTT 5. */
const UNSUPPORTED: ReadonlySet<number | undefined> = new Set([1, 132]);
/** A broker that closes without an answer so often in a row may be one that does not know MQTT 5. */
const SILENT_CLOSINGS = 2;

/**
 * Which version of MQTT to speak: 5, and 3.1.1 where the broker does not know it. A version that has worked is kept for as
 * long as the process lives, unless the broker itself refuses it.
 */
export class ProtocolChoice {
  #version: ProtocolVersion = 5;
  #isProven = false;
  #silentClosings = 0;

  get version(): ProtocolVersion {
    return this.#version;
  }

  /** The broker accepted it. */
  prove(): void {
    this.#isProven = true;
  }

  /** The broker was asked and the connection ended before it had accepted. */
  consider({ by, code }: Ending): void {
    if (by === 'refused' && UNSUPPORTED.has(code)) this.#change();
    if (this.#isProven || by !== 'closed') return;
    // What has not been accepted is a guess: whoever closes on 3.1.1 as well is just not ready.
    this.#silentClosings++;
    if (this.#version === 4 || this.#silentClosings >= SILENT_CLOSINGS) this.#change();
  }

  #change(): void {
    this.#version = this.#version === 5 ? 4 : 5;
    this.#isProven = false;
    this.#silentClosings = 0;
  }
}
