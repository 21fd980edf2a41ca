interface Waiting {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who want to know when records are on the disk. */
export class CommitListeners {
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Set<Waiting>();

  /** @returns its removal */
  add(listener: () => void): () => void {
    // The same function may be given twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Resolves when `tell` is told of this sequence or a later one. @throws the signal's reason once it is aborted */
  reached(sequence: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const settled = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', abort);
      };
      const waiting: Waiting = {
        sequence,
        resolve: () => {
          settled();
          resolve();
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      };
      const abort = () => waiting.reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      this.#waiting.add(waiting);
    });
  }

  tell(committed: number): void {
    for (const listener of this.#listeners) listener();
    for (const waiting of this.#waiting) if (waiting.sequence <= committed) waiting.resolve();
  }

  /** Nothing more will be committed. */
  close(reason: unknown): void {
    for (const waiting of this.#waiting) waiting.reject(reason);
  }
}
