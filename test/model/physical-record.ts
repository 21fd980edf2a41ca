import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const at = { atMs: z.number(), box: z.number() };
const outlet = { ...at, outlet: z.number() };
const energyJ = z.number();
const Fact = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('outlet'), ...outlet, status: z.number(), energyJ }),
  z.object({ kind: z.literal('status'), ...outlet, to: z.number(), online: z.boolean(), energyJ }),
  z.object({ kind: z.enum(['draw', 'session-start', 'session-end']), ...outlet, energyJ }),
  z.object({ kind: z.literal('reset'), ...outlet, energyBeforeJ: z.number() }),
  z.object({ kind: z.enum(['glitch', 'command']), ...outlet }),
  z.object({ kind: z.literal('connection'), ...at, online: z.boolean() }),
]);
type Fact = z.output<typeof Fact>;

/** A box says the status of all its outlets at least so often, and first so long after it began, ms. */
const SAYS_STATUS_WITHIN_MS = 5000;

/** What an energy register showed at some instant, J. */
interface RegisterMark {
  readonly atMs: number;
  readonly energyJ: number;
}

/** What really happened at one outlet, from the record of a simulated fleet. */
export interface OutletRecord {
  /** `12/3`. */
  readonly name: string;
  readonly isInstalled: boolean;
  /** The statuses that the box could tell, each once, in order. */
  readonly statuses: readonly number[];
  /** Whether the first of them may have changed before the box told it. */
  readonly mayHaveMissedFirst: boolean;
  /** The register from one reset to the next: marks in the order of time, between which it grows. */
  readonly epochs: readonly (readonly RegisterMark[])[];
  /** Whether the box was online all the last seconds. */
  readonly isHeardAtEnd: boolean;
}

/** @param file what `evida simulate --record` has written; simulated to the end, so that it tells how the outlets stand then */
export async function readPhysicalRecord(file: string): Promise<{
  readonly facts: readonly Fact[];
  readonly outlets: readonly OutletRecord[];
  readonly endMs: number;
}> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const facts = lines.map((line) => Fact.parse(JSON.parse(line)));
  const startMs = facts[0]?.atMs ?? Number.NaN;
  const endMs = facts.at(-1)?.atMs ?? Number.NaN;
  const outlets = facts.flatMap((fact) =>
    fact.kind === 'outlet' && fact.atMs === startMs ? [outletRecord(facts, fact, endMs)] : [],
  );
  return { facts, outlets, endMs };
}

function outletRecord(
  facts: readonly Fact[],
  begin: Extract<Fact, { kind: 'outlet' }>,
  endMs: number,
): OutletRecord {
  const statuses = [begin.status];
  const epochs: RegisterMark[][] = [[]];
  let status = begin.status;
  let firstChangeMs = Number.POSITIVE_INFINITY;
  let onlineSinceMs = begin.atMs;
  const tell = (): void => {
    if (statuses.at(-1) !== status) statuses.push(status);
  };
  for (const fact of facts) {
    const { atMs } = fact;
    if (fact.box !== begin.box) continue;
    if (fact.kind === 'connection') {
      firstChangeMs = Math.min(firstChangeMs, atMs);
      onlineSinceMs = fact.online ? atMs : Number.POSITIVE_INFINITY;
      // Back online, a box says first how it stands.
      if (fact.online) tell();
      continue;
    }
    if (fact.outlet !== begin.outlet) continue;
    if (fact.kind === 'status') {
      firstChangeMs = Math.min(firstChangeMs, atMs);
      status = fact.to;
      if (fact.online) tell();
    }
    if (fact.kind === 'reset') {
      epochs.at(-1)?.push({ atMs, energyJ: fact.energyBeforeJ });
      epochs.push([{ atMs, energyJ: 0 }]);
    } else if ('energyJ' in fact) epochs.at(-1)?.push({ atMs, energyJ: fact.energyJ });
  }
  return {
    name: `${begin.box}/${begin.outlet}`,
    isInstalled: begin.status !== 6,
    statuses,
    mayHaveMissedFirst: firstChangeMs - begin.atMs <= SAYS_STATUS_WITHIN_MS,
    epochs,
    isHeardAtEnd: endMs - onlineSinceMs > SAYS_STATUS_WITHIN_MS,
  };
}

/**
 * What the register of an outlet may have shown at an instant, J: what it held, and after a reset what it held before, which
 * nobody else can know to be over until the box has said so twice.
 *
 * @param resetSeenWithinMs how long that may take
 */
export function energiesJ(record: OutletRecord, atMs: number, resetSeenWithinMs: number): number[] {
  return record.epochs.flatMap((epoch) => {
    const [first, last] = [epoch[0], epoch.at(-1)];
    if (first === undefined || last === undefined || first.atMs > atMs) return [];
    const isLastEpoch = epoch === record.epochs.at(-1);
    if (!isLastEpoch && last.atMs + resetSeenWithinMs < atMs) return [];
    return [interpolate(epoch, first, last, atMs)];
  });
}

/** Energy grows between two marks, for some seconds, about evenly. */
function interpolate(
  epoch: readonly RegisterMark[],
  first: RegisterMark,
  last: RegisterMark,
  atMs: number,
): number {
  const before = epoch.findLast((mark) => mark.atMs <= atMs) ?? first;
  const after = epoch.find((mark) => mark.atMs > atMs) ?? last;
  const share = after.atMs > before.atMs ? (atMs - before.atMs) / (after.atMs - before.atMs) : 0;
  return before.energyJ + share * (after.energyJ - before.energyJ);
}
