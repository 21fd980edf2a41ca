import { DAY_MS } from '../../../streams/local-time.ts';
import type { PhotographPoint } from '../../../streams/point.ts';
import { STATUS } from '../../../streams/status.ts';
import { chargeCurrentA, chargeEnergyJ, chargePowerFactor, whenFallenToMs } from '../fleet/charge-curve.ts';
import type { OutletStatus } from '../fleet/outlet-status.ts';
import { Random } from '../fleet/random.ts';
import type { Outage } from './outages.ts';
import type { ChargingSession, OutletHistory } from './sessions.ts';

const STREAM = 0xf070;
const JOULES_PER_KWH = 3_600_000;
/** Domain defaults of `PHOTOGRAPH_INTERVAL`, `PHOTOGRAPH_IDLE_INTERVAL` and `PHOTOGRAPH_CURRENT_DEADBAND_A`. */
const INTERVAL_MS = 1_800_000;
const IDLE_INTERVAL_MS = DAY_MS;
const CURRENT_DEADBAND_A = 1;
const START_COMMAND = 1;

/** What Evida would have recorded of an outlet, in the order of time. */
export function* photographsOf(
  history: OutletHistory,
  outages: readonly Outage[],
  { seed, fromMs, toMs }: { seed: number; fromMs: number; toMs: number },
): Generator<PhotographPoint, void, undefined> {
  const { box, outlet, installed, energyAtStartJ, sessions } = history;
  const random = new Random(seed, STREAM, box, outlet);
  const camera = { box, outlet, random };
  let lastMs = fromMs + random.whole(1_000, 5_000);
  yield photograph(camera, lastMs, {
    status: installed ? STATUS.available : STATUS.notInstalled,
    energyJ: energyAtStartJ,
    reason: 'first',
  });
  if (!installed) return;

  let energyJ = energyAtStartJ;
  const idleUntil = function* (untilMs: number): Generator<PhotographPoint, void, undefined> {
    while (lastMs + IDLE_INTERVAL_MS < untilMs) {
      lastMs += IDLE_INTERVAL_MS;
      const outage = outages.find((candidate) => candidate.fromMs <= lastMs && lastMs < candidate.toMs);
      if (outage !== undefined) lastMs = outage.toMs + 4_000;
      if (lastMs >= untilMs) return;
      yield photograph(camera, lastMs, { status: STATUS.available, energyJ, reason: 'idle' });
    }
  };
  for (const session of sessions) {
    if (session.resetMs !== undefined) {
      yield* idleUntil(session.resetMs);
      energyJ = session.energyBeforeJ;
      lastMs = Math.max(session.resetMs, lastMs + 1);
      const reset = { status: STATUS.available, energyJ, reason: 'reset', isReset: true };
      yield photograph(camera, lastMs, reset);
    }
    yield* idleUntil(session.pluggedMs);
    for (const taken of sessionPhotographs(camera, session)) {
      lastMs = taken.timeMs;
      yield taken;
    }
    energyJ = session.energyBeforeJ + session.energyUsedJ;
  }
  yield* idleUntil(toMs);
}

interface Camera {
  readonly box: number;
  readonly outlet: number;
  readonly random: Random;
}

interface Scene {
  readonly status: OutletStatus;
  readonly energyJ: number;
  readonly reason: string;
  readonly currentA?: number;
  readonly powerFactor?: number;
  readonly voltageV?: number;
  readonly command?: number | undefined;
  readonly isReset?: boolean;
}

function* sessionPhotographs(
  camera: Camera,
  session: ChargingSession,
): Generator<PhotographPoint, void, undefined> {
  const { random } = camera;
  const { curve, voltageV, startMs, endMs, unpluggedMs, energyBeforeJ, energyUsedJ } = session;
  // A photograph bears the time of the last message that belongs to the change.
  const delayMs = (): number => random.whole(300, 2_500);
  const idleScene = (status: OutletStatus, energyJ: number): Scene => ({
    status,
    energyJ,
    reason: 'status',
    voltageV,
  });
  const charging = (atMs: number, reason: string, command?: number): PhotographPoint => {
    const currentA = chargeCurrentA(curve, atMs - startMs);
    return photograph(camera, atMs, {
      status: STATUS.charging,
      energyJ: energyBeforeJ + chargeEnergyJ(curve, atMs - startMs, voltageV),
      reason,
      currentA,
      powerFactor: chargePowerFactor(curve, currentA),
      voltageV,
      command,
    });
  };

  yield photograph(camera, session.pluggedMs + delayMs(), idleScene(STATUS.ready, energyBeforeJ));
  let atMs = startMs + delayMs();
  yield charging(atMs, 'status', random.chance(0.6) ? START_COMMAND : undefined);
  for (;;) {
    const referenceA = chargeCurrentA(curve, atMs - startMs);
    const intervalMs = atMs + INTERVAL_MS;
    const changeMs =
      referenceA > CURRENT_DEADBAND_A
        ? startMs +
          Math.ceil(whenFallenToMs(curve, referenceA - CURRENT_DEADBAND_A)) +
          random.whole(4_000, 7_000)
        : Number.POSITIVE_INFINITY;
    atMs = Math.min(intervalMs, changeMs);
    if (atMs >= endMs) break;
    yield charging(atMs, atMs === changeMs ? 'change' : 'interval');
  }
  const energyAfterJ = energyBeforeJ + energyUsedJ;
  if (session.isFull) yield photograph(camera, endMs + delayMs(), idleScene(STATUS.full, energyAfterJ));
  yield photograph(camera, unpluggedMs + delayMs(), idleScene(STATUS.unplugged, energyAfterJ));
  yield photograph(camera, session.freeMs + delayMs(), idleScene(STATUS.available, energyAfterJ));
}

function photograph({ box, outlet, random }: Camera, timeMs: number, scene: Scene): PhotographPoint {
  // What the sensors resolve: mA, whole percent, tenths of a volt, whole joules.
  const current_a = Math.round((scene.currentA ?? 0) * 1000) / 1000;
  const power_factor = Math.round(scene.powerFactor ?? 0);
  const voltage_v = Math.round(10 * ((scene.voltageV ?? 225) + 0.8 * random.noise())) / 10;
  return {
    measurement: 'photograph',
    tags: { box, outlet },
    fields: {
      status: scene.status,
      current_a,
      power_factor,
      voltage_v,
      energy_kwh: Math.round(scene.energyJ) / JOULES_PER_KWH,
      power_w: (voltage_v * current_a * power_factor) / 100,
      reason: scene.reason,
      command: scene.command,
      register_reset: scene.isReset === true ? true : undefined,
    },
    timeMs,
  };
}
