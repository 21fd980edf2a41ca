import type { LocalTime } from '../../../streams/local-time.ts';
import { STATUS } from '../../../streams/status.ts';
import { type ChargeCurve, chargeCurrentA, chargePowerFactor, drawChargeCurve } from './charge-curve.ts';
import type { OutletStatus } from './outlet-status.ts';
import type { Pace, Spread } from './pace.ts';
import type { Random } from './random.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
const CHARGER_A: Spread = [1.5, 8];
/** What a vehicle takes that is full and draws all the same. */
const DRAWING_A: Spread = [1.3, 2.2];

/** A vehicle at an outlet. */
interface Visit {
  readonly curve: ChargeCurve;
  /** How long it charges before somebody or something ends it. */
  readonly chargeMs: number;
  /** After how much charging it is interrupted once; infinite if never. */
  interruptAfterMs: number;
  chargedMs: number;
  resumedAtMs: number;
  usedJ: number;
  /** What it draws though it does not charge, now and after its rest; 0 if nothing. */
  drawsA: number;
  drawsLaterA: number;
}

/** The physics of one outlet: what stands there, what it draws, what the register shows. */
export class SimulatedOutlet {
  status: OutletStatus;
  /** When something happens by itself; infinite if never. */
  nextAtMs: number;
  energyJ: number;
  #visit: Visit | undefined;
  #integratedAtMs: number;
  readonly #random: Random;
  readonly #pace: Pace;
  readonly #local: LocalTime;
  readonly #mostWeight: number;

  constructor(options: {
    installed: boolean;
    energyJ: number;
    startMs: number;
    random: Random;
    pace: Pace;
    local: LocalTime;
  }) {
    this.#random = options.random;
    this.#pace = options.pace;
    this.#local = options.local;
    this.#mostWeight = Math.max(...options.pace.hourWeights);
    this.energyJ = options.energyJ;
    this.#integratedAtMs = options.startMs;
    this.status = STATUS.available;
    this.nextAtMs = Number.POSITIVE_INFINITY;
    if (!options.installed) this.status = STATUS.notInstalled;
    else if (this.#random.chance(options.pace.chargingAtStartShare)) this.#beginInMidCharge(options.startMs);
    else this.#awaitArrival(options.startMs);
  }

  currentA(atMs: number): number {
    if (this.#visit === undefined) return 0;
    if (this.status !== STATUS.charging) return this.#visit.drawsA;
    return chargeCurrentA(this.#visit.curve, chargedMs(this.#visit, atMs));
  }

  powerFactor(atMs: number): number {
    return this.#visit === undefined ? 0 : chargePowerFactor(this.#visit.curve, this.currentA(atMs));
  }

  /** Lets the register run up to an instant; gives what was drawn since the last one, in J. */
  integrate(atMs: number, voltageV: number): number {
    const fromMs = this.#integratedAtMs;
    this.#integratedAtMs = atMs;
    if (this.#visit === undefined) return 0;
    const middleMs = (fromMs + atMs) / 2;
    const watts = (voltageV * this.currentA(middleMs) * this.powerFactor(middleMs)) / 100;
    const drawnJ = (watts * (atMs - fromMs)) / 1000;
    this.energyJ += drawnJ;
    this.#visit.usedJ += drawnJ;
    return drawnJ;
  }

  /** Whether current flows in this visit for the first time. */
  get isFirstCharge(): boolean {
    return this.#visit?.chargedMs === 0;
  }

  /** What the vehicle has drawn, in J. */
  get usedJ(): number {
    return this.#visit?.usedJ ?? 0;
  }

  /** Does what is due at `nextAtMs`. The register must have been integrated up to it. */
  advance(): void {
    const atMs = this.nextAtMs;
    switch (this.status) {
      case STATUS.available:
        if (this.#random.next() * this.#mostWeight < this.#weight(atMs)) this.#arrive(atMs);
        else this.#awaitArrival(atMs);
        return;
      case STATUS.ready:
        this.#charge(atMs);
        return;
      case STATUS.charging:
        this.#stopCharging(atMs);
        return;
      case STATUS.full:
        this.#leaveFull(atMs);
        return;
      case STATUS.unplugged:
        this.#visit = undefined;
        this.status = STATUS.available;
        this.#awaitArrival(atMs);
        return;
      case STATUS.notInstalled:
        this.nextAtMs = Number.POSITIVE_INFINITY;
    }
  }

  /** The next candidate of an even stream at the rate of the busiest hour; `advance` thins it out by the hour. */
  #awaitArrival(atMs: number): void {
    const meanMs = HOUR_MS / (this.#pace.arrivalsPerOutletHour * this.#mostWeight);
    this.nextAtMs = atMs + SECOND_MS + Math.round(this.#random.exponential(meanMs));
  }

  #weight(atMs: number): number {
    return this.#pace.hourWeights[this.#local.hour(atMs)] ?? 1;
  }

  #arrive(atMs: number): void {
    this.#visit = this.#drawVisit();
    this.#become(STATUS.ready, atMs, this.#pace.readySeconds);
  }

  #drawVisit(): Visit {
    const random = this.#random;
    const [shortest, longest] = this.#pace.sessionMinutes;
    const fullMs = Math.round(random.between(shortest, longest) * MINUTE_MS);
    const curve = drawChargeCurve(random, random.between(...CHARGER_A), fullMs);
    const chargeMs = random.chance(this.#pace.endedEarlyShare)
      ? Math.round(fullMs * random.between(0.2, 0.9))
      : fullMs;
    const interruptAfterMs = random.chance(this.#pace.interruptedShare)
      ? Math.round(chargeMs * random.between(0.2, 0.8))
      : Number.POSITIVE_INFINITY;
    return {
      curve,
      chargeMs,
      interruptAfterMs,
      chargedMs: 0,
      resumedAtMs: 0,
      usedJ: 0,
      drawsA: 0,
      drawsLaterA: 0,
    };
  }

  #beginInMidCharge(atMs: number): void {
    this.#visit = this.#drawVisit();
    this.#visit.chargedMs = Math.round(this.#visit.chargeMs * this.#random.between(0.02, 0.98));
    if (this.#visit.interruptAfterMs <= this.#visit.chargedMs) {
      this.#visit.interruptAfterMs = Number.POSITIVE_INFINITY;
    }
    this.#charge(atMs);
  }

  #charge(atMs: number): void {
    if (this.#visit === undefined) return;
    const { chargeMs, interruptAfterMs, chargedMs: doneMs } = this.#visit;
    this.#visit.resumedAtMs = atMs;
    this.status = STATUS.charging;
    this.nextAtMs = atMs + Math.max(1, Math.min(chargeMs, interruptAfterMs) - doneMs);
  }

  #stopCharging(atMs: number): void {
    if (this.#visit === undefined) return;
    const visit = this.#visit;
    visit.chargedMs = chargedMs(visit, atMs);
    if (visit.chargedMs >= visit.interruptAfterMs) {
      visit.interruptAfterMs = Number.POSITIVE_INFINITY;
      this.#become(STATUS.ready, atMs, this.#pace.interruptionSeconds);
    } else if (visit.chargeMs < visit.curve.fullMs) {
      this.#become(STATUS.unplugged, atMs, this.#pace.unpluggedSeconds);
    } else this.#becomeFull(visit, atMs);
  }

  #becomeFull(visit: Visit, atMs: number): void {
    const draws = this.#random.chance(this.#pace.drawingShare);
    visit.drawsLaterA = draws ? Math.min(visit.curve.maxCurrentA, this.#random.between(...DRAWING_A)) : 0;
    this.#become(STATUS.full, atMs, draws ? this.#pace.restSeconds : this.#pace.fullSeconds);
  }

  /** Full vehicles are unplugged, but for those that have rested and begin to draw: they stay full. */
  #leaveFull(atMs: number): void {
    if (this.#visit === undefined) return;
    this.#visit.drawsA = this.#visit.drawsLaterA;
    this.#visit.drawsLaterA = 0;
    if (this.#visit.drawsA > 0) this.#become(STATUS.full, atMs, this.#pace.drawingSeconds);
    else this.#become(STATUS.unplugged, atMs, this.#pace.unpluggedSeconds);
  }

  #become(status: OutletStatus, atMs: number, seconds: Spread): void {
    this.status = status;
    this.nextAtMs = atMs + Math.round(this.#random.between(...seconds) * SECOND_MS);
  }
}

function chargedMs(visit: Visit, atMs: number): number {
  return visit.chargedMs + atMs - visit.resumedAtMs;
}
