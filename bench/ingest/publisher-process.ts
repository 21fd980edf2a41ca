import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './publisher-protocol.ts';

/** The process that publishes; it ends with this one. */
export class PublisherProcess {
  published = 0;
  acknowledged = 0;
  readonly #child: ChildProcess;
  readonly #onMade: (messages: number) => void;
  #ready: { resolve(): void; reject(error: Error): void } | undefined;

  /** @param onMade told how many messages are made */
  constructor(onMade: (messages: number) => void) {
    this.#onMade = onMade;
    this.#child = fork(fileURLToPath(new URL('./publisher.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      detached: true,
    });
    this.#child.on('message', (report: Report) => this.#hear(report));
    this.#child.once('exit', () => this.#ready?.reject(new Error('the publisher has ended')));
  }

  /** Resolves when so many messages are made. */
  make(boxes: number, seed: number, messages: number): Promise<void> {
    return this.#order({ kind: 'make', boxes, seed, messages });
  }

  begin(order: Omit<Extract<Order, { kind: 'begin' }>, 'kind'>): Promise<void> {
    this.published = 0;
    this.acknowledged = 0;
    return this.#order({ kind: 'begin', ...order });
  }

  /** How many it may have published in all since `begin`. */
  allow(messages: number): void {
    if (this.#child.connected) this.#child.send({ kind: 'allow', messages } satisfies Order);
  }

  /** Resolves when all that was published is acknowledged. */
  end(): Promise<void> {
    return this.#order({ kind: 'end' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #order(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
      this.#child.send(order);
    });
  }

  #hear(report: Report): void {
    if (report.kind === 'ready') this.#ready?.resolve();
    else if (report.kind === 'made') this.#onMade(report.messages);
    else ({ published: this.published, acknowledged: this.acknowledged } = report);
  }
}
