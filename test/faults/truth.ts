/** One status change of an outlet, with the values that belong to it: no other step of it has the same energy. */
export interface Step {
  readonly status: number;
  readonly currentMa: number;
  readonly powerFactor: number;
  readonly energyJ: number;
  /** The digit of the command that was sent to the outlet right before. */
  readonly command: number | undefined;
}

export interface TrueOutlet {
  readonly box: number;
  readonly outlet: number;
  /** In order; the last one is how the outlet stands. */
  readonly steps: readonly Step[];
}

/** What Evida has recorded of an outlet, as it stands in InfluxDB. */
export interface RecordedPhotograph {
  readonly timeMs: number;
  readonly reason: string;
  readonly status: number;
  readonly currentA: number | undefined;
  readonly powerFactor: number | undefined;
  readonly energyKwh: number | undefined;
  readonly command: number | undefined;
}

export interface Comparison {
  /** Status changes without a photograph. */
  readonly lost: number;
  /** Photographs of a status change that has one already. */
  readonly twice: number;
  /** What is recorded and never was, or not so, or not in this order. */
  readonly wrong: readonly string[];
}

const J_PER_KWH = 3.6e6;
/** The two reasons that stand for a change of status; each other one repeats the status that there is. */
const OF_STATUS: ReadonlySet<string> = new Set(['first', 'status']);

/**
 * Compares the photographs of one outlet, in the order of time, with what it really did.
 * A photograph taken before the register of its status arrived carries that of the step before, and leaves out current
 * and power factor (domain.md, photographs rule 4); so status and energy together name its step.
 *
 * @param isExpected whether a step must have a photograph; another one must not
 */
export function compareOutlet(
  { box, outlet, steps }: TrueOutlet,
  photographs: readonly RecordedPhotograph[],
  isExpected: (step: Step) => boolean = () => true,
): Comparison {
  const wrong: string[] = [];
  const taken = steps.map(() => 0);
  let last = -1;
  const say = (photograph: RecordedPhotograph, problem: string) =>
    wrong.push(`${box}/${outlet} ${inWords(photograph)}: ${problem}`);
  for (const photograph of photographs) {
    const at = steps.findIndex((step, index) => isOf(photograph, step, steps[index - 1]));
    const step = steps[at];
    if (step === undefined) {
      say(photograph, 'no step has this status and energy');
      continue;
    }
    if (at < last) say(photograph, `step ${at} stands after step ${last}`);
    last = Math.max(last, at);
    const difference = differenceFrom(step, photograph);
    if (difference !== undefined) say(photograph, difference);
    if (!OF_STATUS.has(photograph.reason)) {
      if (photograph.reason !== 'change') say(photograph, 'nothing called for it');
      continue;
    }
    taken[at] = (taken[at] ?? 0) + 1;
    if (!isExpected(step)) say(photograph, 'it should have been refused');
  }
  return {
    lost: steps.filter((step, at) => isExpected(step) && taken[at] === 0).length,
    twice: taken.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    wrong,
  };
}

/**
 * Compares a register's points, in the order of time, with what it really showed: nothing that it did not, never
 * backward, and its last value at the end.
 */
export function compareRegister(
  series: string,
  trueEnergiesJ: readonly number[],
  recordedKwh: readonly number[],
): string[] {
  const wrong: string[] = [];
  const known = new Set(trueEnergiesJ);
  let lastJ = -1;
  for (const kwh of recordedKwh) {
    const energyJ = toJoule(kwh);
    if (!known.has(energyJ)) wrong.push(`${series}: ${kwh} kWh was never shown`);
    if (energyJ < lastJ) wrong.push(`${series}: ${kwh} kWh stands after ${lastJ / J_PER_KWH} kWh`);
    lastJ = energyJ;
  }
  const trueLastJ = trueEnergiesJ.at(-1);
  if (trueLastJ !== undefined && lastJ !== trueLastJ) {
    wrong.push(`${series}: ends with ${lastJ / J_PER_KWH} kWh instead of ${trueLastJ / J_PER_KWH} kWh`);
  }
  return wrong;
}

function isOf({ status, energyKwh }: RecordedPhotograph, step: Step, before: Step | undefined): boolean {
  if (status !== step.status) return false;
  if (energyKwh === undefined) return before === undefined;
  const energyJ = toJoule(energyKwh);
  return energyJ === step.energyJ || energyJ === before?.energyJ;
}

function differenceFrom(step: Step, photograph: RecordedPhotograph): string | undefined {
  const { currentA, powerFactor, command } = photograph;
  if (currentA !== undefined && Math.round(currentA * 1000) !== step.currentMa)
    return `its current is ${step.currentMa} mA`;
  if (powerFactor !== undefined && powerFactor !== step.powerFactor)
    return `its power factor is ${step.powerFactor}`;
  if (command !== undefined && command !== step.command) return `its command is ${step.command}`;
  return undefined;
}

function toJoule(kwh: number): number {
  return Math.round(kwh * J_PER_KWH);
}

function inWords({ timeMs, reason, status, currentA, energyKwh }: RecordedPhotograph): string {
  return `${new Date(timeMs).toISOString()} ${reason} status ${status} ${currentA ?? '?'} A ${energyKwh ?? '?'} kWh`;
}
