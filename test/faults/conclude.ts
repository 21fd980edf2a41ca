import type { Books } from '../../src/http/status.ts';
import { newMessages, untilAtRest } from './at-rest.ts';
import { countRecorded, type Recorded, readRecorded } from './recorded.ts';
import { compareOutlet, compareRegister, type Step, type TrueOutlet } from './truth.ts';
import { SPARE_BOX, type World } from './world.ts';

/** What a fault may have as its consequence; nothing if absent. */
export interface Expectations {
  /** Whether a step must have a photograph: another one must be among the dead letters. */
  readonly isExpected?: (step: Step, outlet: TrueOutlet) => boolean;
  /** Messages that no reading is taken from: at least so many; exactly so many if `exactly`. */
  readonly deadMessages?: { readonly least: number } | { readonly exactly: number };
  /** Messages that a damaged disk has destroyed, and with them their place in the books: at most so many. */
  readonly destroyedMessages?: number;
  /** From the last word of the fleet to the last confirmed point. */
  readonly drainWithinMs?: number;
}

export interface Findings {
  /** Acknowledged by the broker. */
  readonly messages: number;
  readonly lost: number;
  readonly twice: number;
  readonly longestStallMs: number;
  readonly memoryMb: number;
  /** Everything that is not as promised, in words. */
  readonly problems: readonly string[];
}

const DRAIN_WITHIN_MS = 60_000;
const MOST_SAID = 5;

/** Lets the traffic end and Evida come to rest, stops it, and compares what stands in InfluxDB with the truth. */
export async function conclude(world: World, expectations: Expectations): Promise<Findings> {
  const { traffic, publisher, evida, http } = world;
  await traffic.finish();
  const problems: string[] = [];
  const within = expectations.drainWithinMs ?? DRAIN_WITHIN_MS;
  const books = await untilAtRest(
    world,
    publisher.acknowledged - (expectations.destroyedMessages ?? 0),
    within,
  );
  if (books === undefined) problems.push(`it does not come to rest within ${within / 1000} s`);
  else problems.push(...reviewBooks(books, world, expectations));
  const { longestStallMs } = http;
  const exit = await evida.stop();
  if (exit.code !== 0) problems.push(`it ends with ${exit.signal ?? `code ${exit.code}`} when it is stopped`);

  const recorded = await readRecorded(world.queryFlux);
  const outlets = compareOutlets(traffic.outlets, recorded, expectations);
  problems.push(...outlets.problems, ...compareEnergies(world, recorded));
  if (books !== undefined) {
    const points = await countRecorded(world.queryFlux);
    if (points !== books.points.written) {
      problems.push(`its books say ${books.points.written} points are written, InfluxDB has ${points}`);
    }
  }
  return {
    messages: publisher.acknowledged,
    lost: outlets.lost,
    twice: outlets.twice,
    longestStallMs: Math.round(longestStallMs),
    memoryMb: evida.memoryHighWaterMb,
    problems,
  };
}

function reviewBooks(
  books: Books,
  { publisher }: World,
  { deadMessages, isExpected }: Expectations,
): string[] {
  const { messages, points } = books;
  const problems: string[] = [];
  const say = (isWrong: boolean, problem: string) => isWrong && problems.push(problem);
  const accounted = messages.decoded + messages.dead + messages.duplicate;
  say(messages.received !== accounted, `of ${messages.received} messages, ${accounted} are accounted for`);
  const settled = points.written + points.dead + points.unsent;
  say(points.decided !== settled, `of ${points.decided} points, ${settled} are accounted for`);
  const surplus = newMessages(books) - publisher.acknowledged;
  say(surplus > publisher.repeated, `${surplus} messages are counted as new that the fleet never sent`);
  const dead = deadMessages ?? { exactly: 0 };
  if ('exactly' in dead) {
    say(messages.dead !== dead.exactly, `${messages.dead} messages are dead instead of ${dead.exactly}`);
  } else say(messages.dead < dead.least, `only ${messages.dead} messages are dead instead of ${dead.least}`);
  say(isExpected === undefined && points.dead > 0, `${points.dead} points are dead`);
  return problems;
}

function compareOutlets(
  outlets: readonly TrueOutlet[],
  { photographs }: Recorded,
  { isExpected = () => true }: Expectations,
): { lost: number; twice: number; problems: string[] } {
  let [lost, twice] = [0, 0];
  const wrong: string[] = [];
  const left = new Set(photographs.keys());
  for (const outlet of outlets) {
    const key = `${outlet.box}/${outlet.outlet}`;
    left.delete(key);
    const compared = compareOutlet(outlet, photographs.get(key) ?? [], (step) => isExpected(step, outlet));
    lost += compared.lost;
    twice += compared.twice;
    if (compared.lost > 0) wrong.push(`${key}: ${compared.lost} status changes are lost`);
    if (compared.twice > 0) wrong.push(`${key}: ${compared.twice} status changes are recorded twice`);
    wrong.push(...compared.wrong);
  }
  for (const key of left) {
    if (!key.startsWith(`${SPARE_BOX}/`)) wrong.push(`${key}: there is no such outlet`);
  }
  return { lost, twice, problems: shorten(wrong) };
}

function compareEnergies({ traffic }: World, { energies }: Recorded): string[] {
  const wrong: string[] = [];
  const compare = (series: string, energiesJ: readonly number[]) =>
    wrong.push(...compareRegister(series, energiesJ, energies.get(series) ?? []));
  for (const { box, outlet, steps } of traffic.outlets) {
    compare(
      `consumption ${box}/${outlet}`,
      steps.map(({ energyJ }) => energyJ),
    );
  }
  for (const [box, energiesJ] of traffic.boxEnergiesJ) {
    compare(`box_consumption ${box}`, energiesJ);
    compare(`meter ${box}`, energiesJ);
  }
  return shorten(wrong);
}

function shorten(problems: readonly string[]): string[] {
  if (problems.length <= MOST_SAID) return [...problems];
  return [...problems.slice(0, MOST_SAID), `and ${problems.length - MOST_SAID} more like these`];
}
