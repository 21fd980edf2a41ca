import type { LocalTime } from '../../../streams/local-time.ts';
import { OUTLETS_PER_BOX } from '../../../streams/reading.ts';
import { STATUS } from '../../../streams/status.ts';
import {
  BoxPayload,
  type Glitch,
  type OutletTopic,
  PERIODIC_TOPICS,
  type PeriodicTopic,
} from './box-payload.ts';
import { BoxPower } from './box-power.ts';
import type { FleetEvent, PhysicalFact } from './fleet-event.ts';
import { isInstalled } from './outlet-status.ts';
import type { Pace } from './pace.ts';
import { Random } from './random.ts';
import { SimulatedOutlet } from './simulated-outlet.ts';

/** What all boxes share. */
interface Surroundings {
  readonly seed: number;
  readonly startMs: number;
  readonly pace: Pace;
  readonly local: LocalTime;
  readonly initialEnergyJ: ((box: number, outlet: number) => number) | undefined;
}

/** A message about one outlet that is still to come. */
interface Later {
  readonly atMs: number;
  readonly topic: OutletTopic | 'C';
  readonly outlet: number;
}

/** The topics that follow a change of an outlet's status. */
const RELATED_TOPICS: readonly OutletTopic[] = ['A', 'PF', 'P'];

/** Places of what recurs in `#dueMs`; the topics come first, the outlets last. */
const CONNECTION = PERIODIC_TOPICS.length;
const RESET = CONNECTION + 1;
const LATER = RESET + 1;
const FIRST_OUTLET = LATER + 1;
const PLACES = FIRST_OUTLET + OUTLETS_PER_BOX;

const STREAM = 0xb0c5;
const HOUR_MS = 3_600_000;
const INTERVAL_MS = [3000, 5000] as const;
const RELATED_DELAY_MS = [200, 2500] as const;
const COMMAND_LEAD_MS = [300, 5000] as const;
/** Spreads whatever comes evenly over a period, however few they are. */
const GOLDEN_RATIO = 0.618033988749895;
const START_COMMAND = 1;

/** One box in time: what happens to it and its outlets, and when it says so. */
export class SimulatedBox {
  nextAtMs = 0;
  #nextPlace = 0;
  #online = true;
  readonly #number: number;
  readonly #startMs: number;
  readonly #pace: Pace;
  readonly #random: Random;
  readonly #power: BoxPower;
  readonly #payload: BoxPayload;
  readonly #dueMs = new Float64Array(PLACES);
  readonly #later: Later[] = [];

  constructor(number: number, { seed, startMs, pace, local, initialEnergyJ }: Surroundings) {
    this.#number = number;
    this.#startMs = startMs;
    this.#pace = pace;
    this.#random = new Random(seed, STREAM, number);
    const outlets = Array.from({ length: OUTLETS_PER_BOX }, (_, outlet) => {
      const installed = isInstalled(seed, number, outlet);
      const plausibleJ = this.#random.whole(50_000_000, 1_500_000_000);
      // Rounded: a register carried over as kWh must not come back one joule lower, which reads as a reset.
      const energyJ = installed ? Math.round(initialEnergyJ?.(number, outlet) ?? plausibleJ) : 0;
      const random = new Random(seed, STREAM, number, outlet);
      return new SimulatedOutlet({ installed, energyJ, startMs, random, pace, local });
    });
    this.#power = new BoxPower(outlets, startMs, this.#random);
    this.#payload = new BoxPayload(this.#power, this.#random);
    this.#schedule(seed);
  }

  /** Reports how the outlets stand, at the start and at the end; nothing may have happened after `atMs`. */
  describe(events: FleetEvent[], atMs: number): void {
    this.#power.integrate(atMs);
    for (const [index, outlet] of this.#power.outlets.entries()) {
      const truth = this.#power.truth(outlet, atMs);
      const { status } = outlet;
      this.#tell(events, atMs, { kind: 'outlet', box: this.#number, outlet: index, status, ...truth });
    }
  }

  /** Does what is due at `nextAtMs`, and appends what can be seen of it. */
  step(events: FleetEvent[]): void {
    const atMs = this.nextAtMs;
    const place = this.#nextPlace;
    const topic = PERIODIC_TOPICS[place];
    if (topic !== undefined) {
      if (this.#online) this.#publishWhole(events, atMs, topic);
      this.#dueMs[place] = atMs + this.#random.whole(...INTERVAL_MS);
    } else if (place === CONNECTION) this.#changeConnection(events, atMs);
    else if (place === RESET) this.#resetRegister(events, atMs);
    else if (place === LATER) this.#publishLater(events, atMs);
    else this.#advanceOutlet(events, atMs, place - FIRST_OUTLET);
    this.#findNext();
  }

  #schedule(seed: number): void {
    const { disconnectEveryHours, resetEveryHours } = this.#pace;
    const phase = (stream: number): number =>
      (new Random(seed, STREAM, stream).next() + this.#number * GOLDEN_RATIO) % 1;
    for (const place of PERIODIC_TOPICS.keys()) {
      this.#dueMs[place] = this.#startMs + this.#random.whole(1, INTERVAL_MS[1]);
    }
    this.#dueMs[CONNECTION] = this.#startMs + Math.round(phase(1) * disconnectEveryHours * HOUR_MS);
    const resetEveryMs = (resetEveryHours * HOUR_MS) / OUTLETS_PER_BOX;
    this.#dueMs[RESET] = this.#startMs + Math.round(phase(2) * resetEveryMs);
    this.#dueMs[LATER] = Number.POSITIVE_INFINITY;
    for (const [outlet, { nextAtMs }] of this.#power.outlets.entries()) {
      this.#dueMs[FIRST_OUTLET + outlet] = nextAtMs;
    }
    this.#findNext();
  }

  #findNext(): void {
    let least = Number.POSITIVE_INFINITY;
    for (let place = 0; place < PLACES; place += 1) {
      const dueMs = this.#dueMs[place] ?? least;
      if (dueMs < least) {
        least = dueMs;
        this.#nextPlace = place;
      }
    }
    this.nextAtMs = least;
  }

  #changeConnection(events: FleetEvent[], atMs: number): void {
    this.#online = !this.#online;
    this.#tell(events, atMs, { kind: 'connection', box: this.#number, online: this.#online });
    if (this.#online) {
      this.#publishWhole(events, atMs, 'S');
      for (const [place, topic] of PERIODIC_TOPICS.entries()) {
        if (topic !== 'S') this.#dueMs[place] = atMs + this.#random.whole(...RELATED_DELAY_MS);
      }
      const everyMs = this.#pace.disconnectEveryHours * HOUR_MS;
      this.#dueMs[CONNECTION] = atMs + Math.round(everyMs * this.#random.between(0.7, 1.3));
    } else {
      this.#publish(events, atMs, 'S', '10-1');
      this.#dueMs[CONNECTION] =
        atMs + Math.round(this.#random.between(...this.#pace.disconnectSeconds) * 1000);
    }
  }

  #resetRegister(events: FleetEvent[], atMs: number): void {
    const everyMs = (this.#pace.resetEveryHours * HOUR_MS) / OUTLETS_PER_BOX;
    this.#dueMs[RESET] = atMs + Math.round(everyMs * this.#random.between(0.7, 1.3));
    const index = this.#random.whole(0, OUTLETS_PER_BOX - 1);
    // The next one if there is none: a reset that is due is not left out.
    for (let offset = 0; offset < OUTLETS_PER_BOX; offset += 1) {
      const outlet = (index + offset) % OUTLETS_PER_BOX;
      const reset = this.#power.outlets[outlet];
      if (reset === undefined || reset.status === STATUS.notInstalled) continue;
      this.#power.integrate(atMs);
      const energyBeforeJ = Math.floor(reset.energyJ);
      reset.energyJ = 0;
      this.#tell(events, atMs, { kind: 'reset', box: this.#number, outlet, energyBeforeJ });
      return;
    }
  }

  #advanceOutlet(events: FleetEvent[], atMs: number, outlet: number): void {
    const changed = this.#power.outlets[outlet];
    if (changed === undefined) return;
    this.#power.integrate(atMs);
    const from = changed.status;
    const isFirstCharge = from === STATUS.ready && changed.isFirstCharge;
    const energyUsedJ = changed.usedJ;
    changed.advance();
    this.#dueMs[FIRST_OUTLET + outlet] = changed.nextAtMs;
    const to = changed.status;
    const box = this.#number;
    const truth = this.#power.truth(changed, atMs);
    const { energyJ } = truth;
    if (from === to) {
      if (to === STATUS.full) this.#tell(events, atMs, { kind: 'draw', box, outlet, ...truth });
      return;
    }
    this.#tell(events, atMs, { kind: 'status', box, outlet, from, to, online: this.#online, ...truth });
    if (isFirstCharge) this.#tell(events, atMs, { kind: 'session-start', box, outlet, energyJ });
    if (from === STATUS.charging && to !== STATUS.ready) {
      const reason = to === STATUS.full ? 'full' : 'early';
      this.#tell(events, atMs, { kind: 'session-end', box, outlet, energyJ, energyUsedJ, reason });
    }
    if (this.#online) this.#publish(events, atMs, 'S', `${outlet}-${to}`);
    for (const topic of RELATED_TOPICS) {
      this.#postpone({ atMs: atMs + this.#random.whole(...RELATED_DELAY_MS), topic, outlet });
    }
    if (from === STATUS.available && this.#random.chance(this.#pace.commandShare)) {
      const leadMs = this.#random.whole(...COMMAND_LEAD_MS);
      this.#postpone({ atMs: Math.max(atMs, changed.nextAtMs - leadMs), topic: 'C', outlet });
    }
  }

  #postpone(later: Later): void {
    const before = this.#later.findIndex(({ atMs }) => atMs > later.atMs);
    this.#later.splice(before === -1 ? this.#later.length : before, 0, later);
    this.#dueMs[LATER] = this.#later[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #publishLater(events: FleetEvent[], atMs: number): void {
    const later = this.#later.shift();
    this.#dueMs[LATER] = this.#later[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const outlet = this.#power.outlets[later?.outlet ?? -1];
    if (later === undefined || outlet === undefined || !this.#online) return;
    if (later.topic === 'C') {
      const command = START_COMMAND;
      this.#tell(events, atMs, { kind: 'command', box: this.#number, outlet: later.outlet, command });
      this.#publish(events, atMs, 'C', `C${later.outlet}${command}`);
      return;
    }
    if (later.topic === 'P') this.#power.integrate(atMs);
    const reading = this.#payload.reading(later.topic, outlet, atMs);
    this.#publish(events, atMs, later.topic, `${later.outlet}-${reading}`);
  }

  #publishWhole(events: FleetEvent[], atMs: number, topic: PeriodicTopic): void {
    if (topic === 'V') this.#power.wander(atMs);
    if (topic === 'P' || topic === 'PM') this.#power.integrate(atMs);
    const glitch = topic === 'A' || topic === 'P' ? this.#glitch(events, atMs, topic) : undefined;
    this.#publish(events, atMs, topic, this.#payload.whole(topic, atMs, glitch));
  }

  #glitch(events: FleetEvent[], atMs: number, topic: 'A' | 'P'): Glitch | undefined {
    if (!this.#random.chance(this.#pace.glitchShare)) return undefined;
    const index = this.#random.whole(0, OUTLETS_PER_BOX - 1);
    const outlet = this.#power.outlets[index];
    const reading = outlet === undefined ? 0 : this.#payload.reading(topic, outlet, atMs);
    if (reading === 0) return undefined;
    const reported = Math.floor(reading * this.#random.between(0, 0.6));
    const quantity = topic === 'A' ? 'current' : 'energy';
    this.#tell(events, atMs, { kind: 'glitch', box: this.#number, outlet: index, quantity, reported });
    return { outlet: index, reported };
  }

  #tell(events: FleetEvent[], atMs: number, fact: PhysicalFact): void {
    events.push({ kind: 'fact', atMs, fact });
  }

  #publish(events: FleetEvent[], atMs: number, topic: PeriodicTopic | 'C', payload: string): void {
    events.push({ kind: 'message', atMs, topic: `${topic}Ebox_${this.#number}`, payload });
  }
}
