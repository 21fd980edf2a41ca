import type { Log } from '../log.ts';

/** Why the log takes no messages now. */
export interface Refusal {
  /** In ms. */
  readonly since: number;
  /** `JOURNAL_MAX` if the log is full, else the code of the system ("ENOSPC"). */
  readonly code: string;
  readonly reason: string;
}

type Listener<T> = (value: T) => void;

/** Two things can refuse: the disk, and the size that the log may have. It is accepted again when neither does. */
export type Refuser = 'disk' | 'size';

/** Whether the log takes messages, and who wants to know. Said once when it begins and once when it is over. */
export class Refusals {
  readonly #now: () => number;
  readonly #log: Log;
  readonly #reasons = new Map<Refuser, Omit<Refusal, 'since'>>();
  readonly #onRefusal = new Set<Listener<Refusal>>();
  readonly #onAccepted = new Set<Listener<void>>();
  #current: Refusal | undefined;

  constructor(now: () => number, log: Log) {
    this.#now = now;
    this.#log = log;
  }

  get current(): Refusal | undefined {
    return this.#current;
  }

  onRefusal(listener: Listener<Refusal>): () => void {
    return subscribe(this.#onRefusal, listener);
  }

  onAccepted(listener: Listener<void>): () => void {
    return subscribe(this.#onAccepted, listener);
  }

  begin(by: Refuser, code: string, reason: string): void {
    const known = this.#reasons.get(by);
    if (known?.code === code) return;
    this.#reasons.set(by, { code, reason });
    this.#log.error({ code, reason }, 'the log takes no messages: it waits and tries again');
    const began = this.#current === undefined;
    this.#current = { since: this.#current?.since ?? this.#now(), code, reason };
    if (began) for (const listener of this.#onRefusal) listener(this.#current);
  }

  end(by: Refuser): void {
    if (!this.#reasons.delete(by) || this.#current === undefined) return;
    const [other] = this.#reasons.values();
    if (other !== undefined) {
      this.#current = { ...this.#current, ...other };
      return;
    }
    const forMs = this.#now() - this.#current.since;
    this.#current = undefined;
    this.#log.info({ forMs }, 'the log takes messages again');
    for (const listener of this.#onAccepted) listener();
  }
}

function subscribe<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  // The same function may be given twice.
  const entry: Listener<T> = (value) => listener(value);
  listeners.add(entry);
  return () => listeners.delete(entry);
}
