import type { Put } from './archive.ts';

/** Something that was done, for those who watch: `postgres/charging_session/2026-10`. */
interface Step {
  readonly what: string;
  readonly done: 'stored' | 'found' | 'restored' | 'verified' | 'removed' | 'kept';
  readonly bytes: number;
}

export type OnStep = (step: Step) => void;

/** Counts what goes into the archive, and tells it. */
export class Progress {
  blobs = 0;
  stored = 0;
  bytes = 0;
  readonly #onStep: OnStep;

  constructor(onStep: OnStep) {
    this.#onStep = onStep;
  }

  put(what: string, { blob: { bytes }, isNew }: Put): void {
    this.blobs++;
    if (isNew) {
      this.stored++;
      this.bytes += bytes;
    }
    this.#onStep({ what, done: isNew ? 'stored' : 'found', bytes });
  }
}
