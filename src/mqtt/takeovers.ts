import type { Ending } from './connection.ts';

const SESSION_TAKEN_OVER = 0x8e;
/** How soon after it was accepted a connection must be closed to look taken: two clients of one id are quick at it. */
const SOON_MS = 2000;
const WITHIN_MS = 60_000;
const OFTEN = 3;

/**
 * Notices that another client keeps taking the session: two of one id would go on with that for ever. The broker may say so
 * (MQTT 5), or just close (MQTT 3.1.1, and Mosquitto 2.0.11). Then it looks taken if that happens in a row, with the broker
 * there all the time: one that fell over, or a network that did, could not be connected to at once.
 */
export class Takeovers {
  #told: number[] = [];
  #guessed: number[] = [];

  /**
   * Takes the end of a connection that had been accepted.
   * @param times ms of one clock
   * @returns how sure it is that the session was taken three times in a minute
   */
  note(
    { by, code }: Ending,
    { acceptedAt, endedAt }: { readonly acceptedAt: number; readonly endedAt: number },
  ): 'no' | 'probably' | 'yes' {
    // A clock that was set back must not make old ones count for longer.
    const isRecent = (time: number) => Math.abs(endedAt - time) <= WITHIN_MS;
    this.#told = this.#told.filter(isRecent);
    this.#guessed = this.#guessed.filter(isRecent);
    if (by === 'disconnected' && code === SESSION_TAKEN_OVER) this.#told.push(endedAt);
    else if (by === 'closed' && endedAt - acceptedAt <= SOON_MS) this.#guessed.push(endedAt);
    else this.excuse();
    if (this.#told.length >= OFTEN) return 'yes';
    return this.#told.length + this.#guessed.length >= OFTEN ? 'probably' : 'no';
  }

  /** Something else explains why the broker closed before: it could not be connected to, or a connection held. */
  excuse(): void {
    this.#guessed = [];
  }
}
