import type { OutletStatus } from './outlet-status.ts';

/** A message as the box publishes it (domain.md, "Wire protocol"). */
export interface FleetMessage {
  readonly kind: 'message';
  readonly atMs: number;
  readonly topic: string;
  readonly payload: string;
}

/** What an outlet really does at one instant, free of sensor noise. */
export interface OutletTruth {
  readonly currentA: number;
  /** 0..100; 0 while nothing flows. */
  readonly powerFactor: number;
  readonly voltageV: number;
  readonly energyJ: number;
}

/**
 * What happened physically, whether anybody was told or not.
 * - `outlet`: how an outlet stands when the simulation begins, and when it ends.
 * - `status`: it changed; `online` false means that the box could not publish it then.
 * - `session-start`, `session-end`: the first current and the last of one charging session; `energyUsedJ` is what it
 *   drew since then (since the simulation began, if it was under way), across interruptions and resets.
 * - `draw`: a vehicle that is full draws current again, until the status changes: energy that nobody is billed for.
 * - `reset`: the energy register fell to 0; it held `energyBeforeJ`.
 * - `glitch`: one reading was wrong; `reported` is what was published (mA or J).
 * - `command`: the box was told to start an outlet.
 */
export type PhysicalFact =
  | ({
      readonly kind: 'outlet';
      readonly box: number;
      readonly outlet: number;
      readonly status: OutletStatus;
    } & OutletTruth)
  | ({
      readonly kind: 'status';
      readonly box: number;
      readonly outlet: number;
      readonly from: OutletStatus;
      readonly to: OutletStatus;
      readonly online: boolean;
    } & OutletTruth)
  | {
      readonly kind: 'session-start';
      readonly box: number;
      readonly outlet: number;
      readonly energyJ: number;
    }
  | {
      readonly kind: 'session-end';
      readonly box: number;
      readonly outlet: number;
      readonly energyJ: number;
      readonly energyUsedJ: number;
      readonly reason: 'full' | 'early';
    }
  | ({ readonly kind: 'draw'; readonly box: number; readonly outlet: number } & OutletTruth)
  | {
      readonly kind: 'reset';
      readonly box: number;
      readonly outlet: number;
      readonly energyBeforeJ: number;
    }
  | {
      readonly kind: 'glitch';
      readonly box: number;
      readonly outlet: number;
      readonly quantity: 'current' | 'energy';
      readonly reported: number;
    }
  | {
      readonly kind: 'command';
      readonly box: number;
      readonly outlet: number;
      readonly command: number;
    }
  | { readonly kind: 'connection'; readonly box: number; readonly online: boolean };

export type FleetEvent =
  | FleetMessage
  | { readonly kind: 'fact'; readonly atMs: number; readonly fact: PhysicalFact };
