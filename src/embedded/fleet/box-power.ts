import type { OutletTruth } from './fleet-event.ts';
import type { Random } from './random.ts';
import type { SimulatedOutlet } from './simulated-outlet.ts';

/** What the box itself takes, in share of its outlets and in W. */
const LOSS_SHARE = 0.02;
const OWN_W = 6;
const VOLTAGE_V = [216, 234] as const;
const VOLTAGE_DEVIATION_V = 2;
const VOLTAGE_MEMORY_MS = 600_000;

/** The electrical side of a box: mains, outlets, and the register that counts all of it. */
export class BoxPower {
  readonly outlets: readonly SimulatedOutlet[];
  voltageV: number;
  /** The box's own register, J. */
  energyJ: number;
  readonly #random: Random;
  readonly #meanVoltageV: number;
  #voltageAtMs: number;
  #integratedAtMs: number;

  constructor(outlets: readonly SimulatedOutlet[], startMs: number, random: Random) {
    this.outlets = outlets;
    this.#random = random;
    this.#meanVoltageV = random.between(222, 228);
    this.voltageV = this.#meanVoltageV;
    this.#voltageAtMs = startMs;
    this.energyJ = outlets.reduce((sum, { energyJ }) => sum + energyJ, 0) * (1 + LOSS_SHARE);
    this.#integratedAtMs = startMs;
  }

  /** Lets all registers run up to an instant. */
  integrate(atMs: number): void {
    let drawnJ = 0;
    for (const outlet of this.outlets) drawnJ += outlet.integrate(atMs, this.voltageV);
    this.energyJ += drawnJ * (1 + LOSS_SHARE) + (OWN_W * (atMs - this.#integratedAtMs)) / 1000;
    this.#integratedAtMs = atMs;
  }

  /** The mains wander slowly around their mean, and forget within minutes how they stood. */
  wander(atMs: number): void {
    const share = Math.min(1, (atMs - this.#voltageAtMs) / VOLTAGE_MEMORY_MS);
    this.#voltageAtMs = atMs;
    const push = VOLTAGE_DEVIATION_V * Math.sqrt(2 * share) * this.#random.noise();
    const voltageV = this.voltageV + (this.#meanVoltageV - this.voltageV) * share + push;
    this.voltageV = Math.min(VOLTAGE_V[1], Math.max(VOLTAGE_V[0], voltageV));
  }

  /** Current of the whole box, A. */
  currentA(atMs: number): number {
    let currentA = OWN_W / this.voltageV;
    for (const outlet of this.outlets) currentA += outlet.currentA(atMs);
    return currentA;
  }

  /** What an outlet does at the instant up to which the registers have run. */
  truth(outlet: SimulatedOutlet, atMs: number): OutletTruth {
    return {
      currentA: outlet.currentA(atMs),
      powerFactor: outlet.powerFactor(atMs),
      voltageV: this.voltageV,
      energyJ: Math.floor(outlet.energyJ),
    };
  }
}
