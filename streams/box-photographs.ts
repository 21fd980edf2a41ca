import { BoxState } from './box-state.ts';
import type { Due, LastPhotograph, OutletState } from './outlet-state.ts';
import { UNKNOWN } from './unknown.ts';

/** What PhotographReducer knows of one box, as plain data that JSON keeps exactly: a column each value, of ten outlets. */
export interface BoxPhotographs {
  readonly box: number;
  readonly online: boolean | null;
  readonly voltageV: number;
  readonly voltageAtMs: number;
  readonly status: readonly number[];
  readonly currentMa: readonly number[];
  readonly powerFactor: readonly number[];
  readonly energyJ: readonly number[];
  readonly heldJ: readonly number[];
  readonly liveAtMs: readonly number[];
  readonly foldedAtMs: readonly number[];
  readonly heardEver: readonly number[];
  readonly heardSinceStatus: readonly number[];
  readonly command: readonly number[];
  readonly commandAtMs: readonly number[];
  readonly changedAtMs: readonly number[];
  readonly registerReset: readonly boolean[];
  readonly backlog: readonly boolean[];
  readonly overdue: readonly boolean[];
  readonly unreviewed: readonly boolean[];
  readonly due: readonly (Due | null)[];
  readonly last: readonly (LastPhotograph | null)[];
}

const NUMBERS = [
  'status',
  'currentMa',
  'powerFactor',
  'energyJ',
  'heldJ',
  'liveAtMs',
  'foldedAtMs',
  'heardEver',
  'heardSinceStatus',
  'command',
  'commandAtMs',
  'changedAtMs',
] as const satisfies (keyof BoxPhotographs & keyof OutletState)[];

const FLAGS = ['registerReset', 'backlog', 'overdue', 'unreviewed'] as const satisfies (keyof BoxPhotographs &
  keyof OutletState)[];

export function exportBoxState({ box, online, voltageV, voltageAtMs, outlets }: BoxState): BoxPhotographs {
  const column = <T>(read: (outlet: OutletState) => T): T[] => outlets.map(read);
  return {
    box,
    online,
    voltageV,
    voltageAtMs,
    status: column((outlet) => outlet.status),
    currentMa: column((outlet) => outlet.currentMa),
    powerFactor: column((outlet) => outlet.powerFactor),
    energyJ: column((outlet) => outlet.energyJ),
    heldJ: column((outlet) => outlet.heldJ),
    liveAtMs: column((outlet) => outlet.liveAtMs),
    foldedAtMs: column((outlet) => outlet.foldedAtMs),
    heardEver: column((outlet) => outlet.heardEver),
    heardSinceStatus: column((outlet) => outlet.heardSinceStatus),
    command: column((outlet) => outlet.command),
    commandAtMs: column((outlet) => outlet.commandAtMs),
    changedAtMs: column((outlet) => outlet.changedAtMs),
    registerReset: column((outlet) => outlet.registerReset),
    backlog: column((outlet) => outlet.backlog),
    overdue: column((outlet) => outlet.overdue),
    unreviewed: column((outlet) => outlet.unreviewed),
    // Neither is ever changed in place, so both may be shared.
    due: column((outlet) => outlet.due),
    last: column((outlet) => outlet.last),
  };
}

export function importBoxState(exported: BoxPhotographs): BoxState {
  const box = new BoxState(exported.box, UNKNOWN);
  box.online = exported.online;
  box.voltageV = exported.voltageV;
  box.voltageAtMs = exported.voltageAtMs;
  for (const state of box.outlets) {
    for (const name of NUMBERS) state[name] = exported[name][state.outlet] ?? UNKNOWN;
    for (const name of FLAGS) state[name] = exported[name][state.outlet] ?? false;
    state.due = exported.due[state.outlet] ?? null;
    state.last = exported.last[state.outlet] ?? null;
  }
  return box;
}
