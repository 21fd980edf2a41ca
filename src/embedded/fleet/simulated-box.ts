import type { FleetEvent, OutletTruth, PhysicalFact } from './fleet-event.ts';
import type { LocalTime } from './local-time.ts';
import { isInstalled, OUTLETS_PER_BOX, STATUS } from './outlet-status.ts';
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

type Topic = 'S' | 'A' | 'PF' | 'P' | 'V' | 'PME' | 'C';
const PERIODIC: readonly Topic[] = ['S', 'A', 'PF', 'P', 'V', 'PME'];
/** The topics that follow a change of an outlet's status. */
const RELATED: readonly Topic[] = ['A', 'PF', 'P'];

/** Places of what recurs in `#dueMs`; the topics come first, the outlets last. */
const CONNECTION = PERIODIC.length;
const RESET = CONNECTION + 1;
const LATER = RESET + 1;
const FIRST_OUTLET = LATER + 1;

const STREAM = 0xb0c5;
const HOUR_MS = 3_600_000;
const INTERVAL_MS = [3000, 5000] as const;
const RELATED_DELAY_MS = [200, 2500] as const;
const COMMAND_LEAD_MS = [300, 5000] as const;
/** Spreads whatever comes evenly over a period, however few they are. */
const GOLDEN_RATIO = 0.618033988749895;
/** What the box itself takes, in share of its outlets and in W. */
const LOSS_SHARE = 0.02;
const OWN_W = 6;
const VOLTAGE_V = [216, 234] as const;
const VOLTAGE_DEVIATION_V = 2;
const VOLTAGE_MEMORY_MS = 600_000;
const START_COMMAND = 1;

interface Later {
  readonly atMs: number;
  readonly topic: Topic;
  readonly outlet: number;
}

/** One box: its outlets, its own register, its mains, its connection, and what it publishes of them. */
export class SimulatedBox {
  nextAtMs = 0;
  readonly #number: number;
  readonly #pace: Pace;
  readonly #random: Random;
  readonly #outlets: readonly SimulatedOutlet[];
  readonly #dueMs = new Float64Array(FIRST_OUTLET + OUTLETS_PER_BOX);
  readonly #later: Later[] = [];
  readonly #meanVoltageV: number;
  #voltageV: number;
  #voltageAtMs: number;
  #energyJ: number;
  #integratedAtMs: number;
  #online = true;
  readonly #startMs: number;
  #nextSlot = 0;

  constructor(number: number, { seed, startMs, pace, local, initialEnergyJ }: Surroundings) {
    this.#number = number;
    this.#pace = pace;
    this.#startMs = startMs;
    this.#random = new Random(seed, STREAM, number);
    const random = this.#random;
    this.#outlets = Array.from({ length: OUTLETS_PER_BOX }, (_, outlet) => {
      const installed = isInstalled(seed, number, outlet);
      const plausibleJ = random.whole(50_000_000, 1_500_000_000);
      return new SimulatedOutlet({
        installed,
        energyJ: installed ? (initialEnergyJ?.(number, outlet) ?? plausibleJ) : 0,
        startMs,
        random: new Random(seed, STREAM, number, outlet),
        pace,
        local,
      });
    });
    const outletsJ = this.#outlets.reduce((sum, { energyJ }) => sum + energyJ, 0);
    this.#energyJ = outletsJ * (1 + LOSS_SHARE);
    this.#integratedAtMs = startMs;
    this.#meanVoltageV = random.between(222, 228);
    this.#voltageV = this.#meanVoltageV;
    this.#voltageAtMs = startMs;
    this.#schedule(seed);
  }

  /** Reports how the outlets stand at the start. */
  describe(events: FleetEvent[]): void {
    for (const [outlet, { status }] of this.#outlets.entries()) {
      const truth = this.#truth(outlet, this.#startMs);
      this.#tell(events, this.#startMs, { kind: 'outlet', box: this.#number, outlet, status, ...truth });
    }
  }

  /** Does what is due at `nextAtMs`, and appends what can be seen of it. */
  step(events: FleetEvent[]): void {
    const atMs = this.nextAtMs;
    const slot = this.#nextSlot;
    const topic = PERIODIC[slot];
    if (topic !== undefined) {
      if (this.#online) this.#publishAll(events, atMs, topic);
      this.#dueMs[slot] = atMs + this.#random.whole(...INTERVAL_MS);
    } else if (slot === CONNECTION) this.#changeConnection(events, atMs);
    else if (slot === RESET) this.#resetRegister(events, atMs);
    else if (slot === LATER) this.#publishLater(events, atMs);
    else this.#advanceOutlet(events, atMs, slot - FIRST_OUTLET);
    this.#findNext();
  }

  #schedule(seed: number): void {
    const { disconnectEveryHours, resetEveryHours } = this.#pace;
    const phase = (stream: number): number =>
      (new Random(seed, STREAM, stream).next() + this.#number * GOLDEN_RATIO) % 1;
    for (const slot of PERIODIC.keys()) {
      this.#dueMs[slot] = this.#startMs + this.#random.whole(1, INTERVAL_MS[1]);
    }
    this.#dueMs[CONNECTION] = this.#startMs + Math.round(phase(1) * disconnectEveryHours * HOUR_MS);
    const resetEveryMs = (resetEveryHours * HOUR_MS) / OUTLETS_PER_BOX;
    this.#dueMs[RESET] = this.#startMs + Math.round(phase(2) * resetEveryMs);
    this.#dueMs[LATER] = Number.POSITIVE_INFINITY;
    for (const [outlet, { nextAtMs }] of this.#outlets.entries()) {
      this.#dueMs[FIRST_OUTLET + outlet] = nextAtMs;
    }
    this.#findNext();
  }

  #findNext(): void {
    let least = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < FIRST_OUTLET + OUTLETS_PER_BOX; slot += 1) {
      const dueMs = this.#dueMs[slot] ?? least;
      if (dueMs < least) {
        least = dueMs;
        this.#nextSlot = slot;
      }
    }
    this.nextAtMs = least;
  }

  #changeConnection(events: FleetEvent[], atMs: number): void {
    const box = this.#number;
    const random = this.#random;
    this.#online = !this.#online;
    this.#tell(events, atMs, { kind: 'connection', box, online: this.#online });
    if (this.#online) {
      this.#publishAll(events, atMs, 'S');
      for (const [slot, topic] of PERIODIC.entries()) {
        if (topic !== 'S') this.#dueMs[slot] = atMs + random.whole(...RELATED_DELAY_MS);
      }
      const everyMs = this.#pace.disconnectEveryHours * HOUR_MS;
      this.#dueMs[CONNECTION] = atMs + Math.round(everyMs * random.between(0.7, 1.3));
    } else {
      this.#publish(events, atMs, 'S', '10-1');
      const [shortest, longest] = this.#pace.disconnectSeconds;
      this.#dueMs[CONNECTION] = atMs + Math.round(random.between(shortest, longest) * 1000);
    }
  }

  #resetRegister(events: FleetEvent[], atMs: number): void {
    const everyMs = (this.#pace.resetEveryHours * HOUR_MS) / OUTLETS_PER_BOX;
    this.#dueMs[RESET] = atMs + Math.round(everyMs * this.#random.between(0.7, 1.3));
    const index = this.#random.whole(0, OUTLETS_PER_BOX - 1);
    // The next one if there is none: a reset that is due is not left out.
    for (let offset = 0; offset < OUTLETS_PER_BOX; offset += 1) {
      const outlet = (index + offset) % OUTLETS_PER_BOX;
      const reset = this.#outlets[outlet];
      if (reset === undefined || reset.status === STATUS.notInstalled) continue;
      this.#integrate(atMs);
      const energyBeforeJ = Math.floor(reset.energyJ);
      reset.energyJ = 0;
      this.#tell(events, atMs, { kind: 'reset', box: this.#number, outlet, energyBeforeJ });
      return;
    }
  }

  #advanceOutlet(events: FleetEvent[], atMs: number, outlet: number): void {
    const changed = this.#outlets[outlet];
    if (changed === undefined) return;
    this.#integrate(atMs);
    const from = changed.status;
    const isFirstCharge = from === STATUS.ready && changed.isFirstCharge;
    const energyUsedJ = changed.usedJ;
    changed.advance();
    this.#dueMs[FIRST_OUTLET + outlet] = changed.nextAtMs;
    const to = changed.status;
    if (from === to) return;
    const box = this.#number;
    const truth = this.#truth(outlet, atMs);
    const energyJ = truth.energyJ;
    this.#tell(events, atMs, { kind: 'status', box, outlet, from, to, online: this.#online, ...truth });
    if (isFirstCharge) this.#tell(events, atMs, { kind: 'session-start', box, outlet, energyJ });
    if (from === STATUS.charging && to !== STATUS.ready) {
      const reason = to === STATUS.full ? 'full' : 'early';
      this.#tell(events, atMs, { kind: 'session-end', box, outlet, energyJ, energyUsedJ, reason });
    }
    if (from === STATUS.available && this.#random.chance(this.#pace.commandShare)) {
      const leadMs = this.#random.whole(...COMMAND_LEAD_MS);
      this.#publishAt({ atMs: Math.max(atMs, changed.nextAtMs - leadMs), topic: 'C', outlet });
    }
    if (this.#online) this.#publish(events, atMs, 'S', `${outlet}-${to}`);
    for (const topic of RELATED) {
      this.#publishAt({ atMs: atMs + this.#random.whole(...RELATED_DELAY_MS), topic, outlet });
    }
  }

  #publishAt(later: Later): void {
    const before = this.#later.findIndex(({ atMs }) => atMs > later.atMs);
    this.#later.splice(before === -1 ? this.#later.length : before, 0, later);
    this.#dueMs[LATER] = this.#later[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #publishLater(events: FleetEvent[], atMs: number): void {
    const later = this.#later.shift();
    this.#dueMs[LATER] = this.#later[0]?.atMs ?? Number.POSITIVE_INFINITY;
    if (later === undefined || !this.#online) return;
    const { topic, outlet } = later;
    if (topic === 'C') {
      this.#tell(events, atMs, { kind: 'command', box: this.#number, outlet, command: START_COMMAND });
      this.#publish(events, atMs, topic, `C${outlet}${START_COMMAND}`);
      return;
    }
    if (topic === 'P') this.#integrate(atMs);
    this.#publish(events, atMs, topic, `${outlet}-${this.#reading(topic, outlet, atMs)}`);
  }

  #publishAll(events: FleetEvent[], atMs: number, topic: Topic): void {
    if (topic === 'V') this.#wander(atMs);
    if (topic === 'P' || topic === 'PME') this.#integrate(atMs);
    this.#publish(events, atMs, topic, this.#payload(events, atMs, topic));
  }

  #payload(events: FleetEvent[], atMs: number, topic: Topic): string {
    switch (topic) {
      case 'V':
        return `x-${this.#measuredVoltageV()}`;
      case 'PME':
        return this.#meterPayload(atMs);
      case 'S':
        return `${this.#vector(topic, atMs)},10-0`;
      case 'P':
        return `${this.#vectorOrGlitch(events, topic, atMs)},10-${Math.floor(this.#energyJ)}`;
      case 'A':
        return this.#vectorOrGlitch(events, topic, atMs);
      default:
        return this.#vector(topic, atMs);
    }
  }

  #vector(
    topic: Topic,
    atMs: number,
    wrong?: { readonly outlet: number; readonly reported: number },
  ): string {
    let payload = '';
    for (let outlet = 0; outlet < OUTLETS_PER_BOX; outlet += 1) {
      const value = outlet === wrong?.outlet ? wrong.reported : this.#reading(topic, outlet, atMs);
      payload += outlet === 0 ? `0-${value}` : `,${outlet}-${value}`;
    }
    return payload;
  }

  #vectorOrGlitch(events: FleetEvent[], topic: 'A' | 'P', atMs: number): string {
    if (!this.#random.chance(this.#pace.glitchShare)) return this.#vector(topic, atMs);
    const outlet = this.#random.whole(0, OUTLETS_PER_BOX - 1);
    const reading = this.#reading(topic, outlet, atMs);
    if (reading === 0) return this.#vector(topic, atMs);
    const reported = Math.floor(reading * this.#random.between(0, 0.6));
    const quantity = topic === 'A' ? 'current' : 'energy';
    this.#tell(events, atMs, { kind: 'glitch', box: this.#number, outlet, quantity, reported });
    return this.#vector(topic, atMs, { outlet, reported });
  }

  /** What the sensor of an outlet shows, in the unit of the topic. */
  #reading(topic: Topic, index: number, atMs: number): number {
    const outlet = this.#outlets[index];
    if (outlet === undefined) return 0;
    if (topic === 'S') return outlet.status;
    if (topic === 'P') return Math.floor(outlet.energyJ);
    if (outlet.status !== STATUS.charging) return 0;
    if (topic === 'PF') {
      return Math.min(100, Math.round(outlet.powerFactor(atMs) + 0.4 * this.#random.noise()));
    }
    const milliamperes = 1000 * outlet.currentA(atMs);
    return Math.max(0, Math.round(milliamperes * (1 + 0.004 * this.#random.noise())));
  }

  #meterPayload(atMs: number): string {
    let currentA = OWN_W / this.#voltageV;
    for (const outlet of this.#outlets) currentA += outlet.currentA(atMs);
    const energyKwh = Math.floor(this.#energyJ / 3600) / 1000;
    return `${this.#measuredVoltageV()},${Math.round(currentA * 1000) / 1000},0,0.97,${energyKwh}`;
  }

  #measuredVoltageV(): number {
    return Math.round(10 * (this.#voltageV + 0.15 * this.#random.noise())) / 10;
  }

  /** The mains wander slowly around their mean, and forget within minutes how they stood. */
  #wander(atMs: number): void {
    const share = Math.min(1, (atMs - this.#voltageAtMs) / VOLTAGE_MEMORY_MS);
    this.#voltageAtMs = atMs;
    const push = VOLTAGE_DEVIATION_V * Math.sqrt(2 * share) * this.#random.noise();
    const voltageV = this.#voltageV + (this.#meanVoltageV - this.#voltageV) * share + push;
    this.#voltageV = Math.min(VOLTAGE_V[1], Math.max(VOLTAGE_V[0], voltageV));
  }

  #integrate(atMs: number): void {
    let drawnJ = 0;
    for (const outlet of this.#outlets) drawnJ += outlet.integrate(atMs, this.#voltageV);
    this.#energyJ += drawnJ * (1 + LOSS_SHARE) + (OWN_W * (atMs - this.#integratedAtMs)) / 1000;
    this.#integratedAtMs = atMs;
  }

  #truth(index: number, atMs: number): OutletTruth {
    const outlet = this.#outlets[index];
    return {
      currentA: outlet?.currentA(atMs) ?? 0,
      powerFactor: outlet?.powerFactor(atMs) ?? 0,
      voltageV: this.#voltageV,
      energyJ: Math.floor(outlet?.energyJ ?? 0),
    };
  }

  #tell(events: FleetEvent[], atMs: number, fact: PhysicalFact): void {
    events.push({ kind: 'fact', atMs, fact });
  }

  #publish(events: FleetEvent[], atMs: number, topic: Topic, payload: string): void {
    events.push({ kind: 'message', atMs, topic: `${topic}Ebox_${this.#number}`, payload });
  }
}
