import type { Random } from '../../src/embedded/fleet/random.ts';
import type { Expectations } from './conclude.ts';
import type { TrafficOptions } from './traffic.ts';
import type { World } from './world.ts';

export const GROUPS = ['kill', 'influx', 'answer', 'broker', 'disk', 'poison', 'log'] as const;
export type FaultGroup = (typeof GROUPS)[number];

/** What a fault has at hand besides the world. */
export interface Stage {
  readonly random: Random;
  /** 1 in the short run; in a longer one, how many times longer it is. */
  readonly scale: number;
  readonly signal: AbortSignal;
  /** Something is not as promised, or the fault had no effect. */
  readonly problem: (text: string) => void;
}

/** How often it was inflicted, and what may follow from it. */
export interface Inflicted extends Expectations {
  readonly times: number;
}

/** One way to hurt a world in which the fleet talks and Evida listens. */
export interface Fault {
  readonly group: FaultGroup;
  /** Its row in the report. */
  readonly title: string;
  /** Of Evida's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly traffic?: Partial<TrafficOptions>;
  /** Before Evida starts for the first time. */
  readonly prepare?: (world: World) => Promise<void>;
  readonly inflict: (world: World, stage: Stage) => Promise<Inflicted>;
  /** After all of it, whatever came of it. */
  readonly restore?: (world: World) => Promise<void>;
}
