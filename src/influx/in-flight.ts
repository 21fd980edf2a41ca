import { type Batch, overlap } from './batch.ts';

/** How far the log is answered for, and what became of its points since the last report. */
export interface Sent {
  /** Every point up to this sequence is confirmed by InfluxDB or a dead letter. */
  readonly through: number;
  readonly written: number;
  readonly dead: number;
}

interface Flight {
  readonly batch: Batch;
  /** Resolves, and never rejects, when the batch is answered for or given up. */
  readonly over: Promise<unknown>;
  through: number;
  /** Once the batch is answered for, the number of its dead letters. */
  dead: number | undefined;
}

/** The batches that are under way, in the order of the log: answers are reported in this order, whichever comes first. */
export class InFlight {
  /** Of all reports. */
  written = 0;
  dead = 0;
  through = 0;
  readonly #onSent: (sent: Sent) => void;
  #flights: Flight[] = [];

  constructor(onSent: (sent: Sent) => void) {
    this.#onSent = onSent;
  }

  get batches(): readonly Batch[] {
    return this.#flights.map(({ batch }) => batch);
  }

  /** The time of the oldest point that is not answered for, ms UTC; undefined if there is none. */
  get oldestAtMs(): number | undefined {
    const unanswered = this.#flights.filter(({ dead }) => dead === undefined);
    const times = unanswered.flatMap(({ batch: { span } }) => (span === undefined ? [] : [span.fromMs]));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /**
   * Takes over a batch that is on its way.
   * @param delivery resolves with the number of its dead letters
   * @returns what resolves when it is answered for, and rejects with what `delivery` or a report throws
   */
  async add(batch: Batch, delivery: Promise<number>): Promise<void> {
    const over = delivery.catch(() => undefined);
    const flight: Flight = { batch, over, through: batch.through, dead: undefined };
    this.#flights.push(flight);
    flight.dead = await delivery;
    this.#report();
  }

  /** There is no point up to here that was not added. */
  pass(through: number): void {
    const last = this.#flights.at(-1);
    if (last !== undefined) last.through = through;
    else if (through > this.through) this.#tell({ through, written: 0, dead: 0 });
  }

  /** Resolves when at most so many are under way, or one was given up. */
  async untilAtMost(count: number): Promise<void> {
    const surplus = this.#flights.slice(0, Math.max(0, this.#flights.length - count));
    await Promise.all(surplus.map(({ over }) => over));
  }

  /** Resolves when nothing under way is of the same tags and time as a point of this batch. */
  async untilApart(batch: Batch): Promise<void> {
    const before = this.#flights.filter(
      (flight) => flight.dead === undefined && overlap(flight.batch, batch),
    );
    await Promise.all(before.map(({ over }) => over));
  }

  #report(): void {
    for (let [first] = this.#flights; first?.dead !== undefined; [first] = this.#flights) {
      this.#flights.shift();
      const { through, dead, batch } = first;
      this.#tell({ through, written: batch.points - dead, dead });
    }
  }

  #tell(sent: Sent): void {
    this.through = sent.through;
    this.written += sent.written;
    this.dead += sent.dead;
    this.#onSent(sent);
  }
}
