import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../src/embedded/fleet/random.ts';
import { STATUS } from '../../streams/status.ts';
import type { Publisher } from './publisher.ts';
import type { Step, TrueOutlet } from './truth.ts';

export interface TrafficOptions {
  readonly seed: number;
  readonly boxes: readonly number[];
  readonly publisher: Publisher;
  /** Between two rounds of a box. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Voltage messages are filled up with spaces to so many bytes. */
  readonly paddedBytes?: number;
}

const OUTLETS = 10;
/** Far below the deadband, so that only the status calls for a photograph. */
const ENERGY_STEP_J = 36_000;
const STATUSES = [0, 1, 2, 3, 4, 5, 6, 9] as const;
const STEP_SHARE = 0.4;
const COMMAND_SHARE = 0.1;

/**
 * A fleet whose outlets change their status all the time, and whose truth is known. A box says its next word only when
 * the broker has acknowledged the one before: what a broker got twice then repeats what is known, and changes nothing.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #boxes: readonly TrafficBox[];
  #pausing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#boxes = options.boxes.map((box) => new TrafficBox(box, new Random(options.seed, box)));
  }

  get outlets(): readonly TrueOutlet[] {
    return this.#boxes.flatMap(({ outlets }) => outlets);
  }

  /** All values that the register of each box as a whole has shown, J. */
  get boxEnergiesJ(): ReadonlyMap<number, readonly number[]> {
    return new Map(this.#boxes.map(({ box, energiesJ }) => [box, energiesJ]));
  }

  /** Begins, or goes on after a pause. */
  start(): void {
    this.#pausing = new AbortController();
    const { signal } = this.#pausing;
    setMaxListeners(this.#boxes.length, signal);
    this.#running = Promise.all(this.#boxes.map((box) => this.#live(box, signal)));
    // Whoever pauses it hears of it.
    this.#running.catch(() => undefined);
  }

  /** Resolves when all that was said is acknowledged. */
  async pause(): Promise<void> {
    this.#pausing.abort();
    await this.#running;
  }

  /** Ends with a round that leaves each outlet installed, and resolves when all of it is acknowledged. */
  async finish(): Promise<void> {
    await this.pause();
    await Promise.all(this.#boxes.map((box) => this.#publish(box.lastRound())));
  }

  async #live(box: TrafficBox, signal: AbortSignal): Promise<void> {
    const { pauseMs } = this.#options;
    while (!signal.aborted) {
      await this.#publish(box.nextRound());
      await delay(box.random.whole(...pauseMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #publish(messages: readonly BoxMessage[]): Promise<void> {
    const { publisher, paddedBytes = 0 } = this.#options;
    await Promise.all(
      messages.map(({ topic, payload }) =>
        publisher.publish(topic, topic.startsWith('V') ? payload.padEnd(paddedBytes) : payload),
      ),
    );
  }
}

interface BoxMessage {
  readonly topic: string;
  readonly payload: string;
}

interface MovingOutlet extends TrueOutlet {
  readonly steps: Step[];
}

class TrafficBox {
  readonly box: number;
  readonly random: Random;
  readonly outlets: readonly MovingOutlet[];
  readonly energiesJ: number[] = [];

  constructor(box: number, random: Random) {
    this.box = box;
    this.random = random;
    this.outlets = Array.from({ length: OUTLETS }, (_, outlet) => ({ box, outlet, steps: [] }));
  }

  /** The first time all outlets, then some of them. */
  nextRound(): BoxMessage[] {
    const isFirst = this.energiesJ.length === 0;
    const chosen = this.outlets.filter(() => isFirst || this.random.chance(STEP_SHARE));
    return this.#round(chosen.length > 0 ? chosen : this.outlets.slice(0, 1), STATUSES);
  }

  lastRound(): BoxMessage[] {
    const installed = STATUSES.filter((status) => status !== STATUS.notInstalled);
    return this.#round(this.outlets, installed);
  }

  #round(moved: readonly MovingOutlet[], statuses: readonly number[]): BoxMessage[] {
    const { box, random } = this;
    const commands: BoxMessage[] = [];
    for (const { outlet, steps } of moved) {
      const step = this.#nextStep(steps, outlet, statuses);
      steps.push(step);
      if (step.command !== undefined) {
        commands.push({ topic: `CEbox_${box}`, payload: `C${outlet}${step.command}` });
      }
    }
    const energyJ = this.outlets.reduce((sum, { steps }) => sum + (steps.at(-1)?.energyJ ?? 0), 0);
    this.energiesJ.push(energyJ);
    const pairs = (outlets: readonly MovingOutlet[], value: (step: Step) => number) =>
      outlets.map(({ outlet, steps }) => `${outlet}-${value(steps.at(-1) ?? NO_STEP)}`).join(',');
    // What moved alone, or all that the box knows: both is seen on the street.
    const told = random.chance(0.5) ? moved : this.outlets;
    return [
      ...commands,
      { topic: `SEbox_${box}`, payload: `${pairs(told, ({ status }) => status)},10-0` },
      { topic: `AEbox_${box}`, payload: pairs(told, ({ currentMa }) => currentMa) },
      { topic: `PFEbox_${box}`, payload: pairs(told, ({ powerFactor }) => powerFactor) },
      { topic: `PEbox_${box}`, payload: `${pairs(told, (step) => step.energyJ)},10-${energyJ}` },
      { topic: `VEbox_${box}`, payload: `x-${random.whole(229, 231)}` },
      { topic: `PMEbox_${box}`, payload: `230,12.5,0,0.97,${energyJ / 3.6e6}` },
    ];
  }

  #nextStep(steps: readonly Step[], outlet: number, statuses: readonly number[]): Step {
    const before = steps.at(-1);
    const others = statuses.filter((status) => status !== before?.status);
    const status = others[this.random.whole(0, others.length - 1)] ?? 0;
    const place = steps.length % 100;
    const isCharging = status === STATUS.charging;
    return {
      status,
      // Below the deadband where nothing is to be drawn.
      currentMa: isCharging ? 5000 + place : place,
      powerFactor: isCharging ? 90 : 0,
      energyJ: (before?.energyJ ?? 3_600_000 * (outlet + 1)) + ENERGY_STEP_J,
      command: this.random.chance(COMMAND_SHARE) ? this.random.whole(1, 9) : undefined,
    };
  }
}

const NO_STEP: Step = { status: 0, currentMa: 0, powerFactor: 0, energyJ: 0, command: undefined };
