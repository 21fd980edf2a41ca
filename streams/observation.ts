import type { Readings } from './reading.ts';

/** Nothing was observed between `from` and `receivedAt`, both ms: Evida did not run, or was suspended. */
export interface Unobserved {
  readonly kind: 'unobserved';
  /** Until then everything was observed. */
  readonly from: number;
  /** Its end. */
  readonly receivedAt: number;
}

/** A box is watched from now on, ms, whether it speaks or not. */
interface Listed {
  readonly kind: 'listed';
  readonly box: number;
  readonly receivedAt: number;
}

/** A box is no longer watched from now on, ms. */
export interface Removed {
  readonly kind: 'removed';
  readonly box: number;
  readonly receivedAt: number;
}

/** What Evida knows of its boxes by itself, and not by what they say. */
export type Notice = Unobserved | Listed | Removed;

/** What the streams are driven by, in the order of arrival. */
export type Observation = Readings | Notice;

/** The time until which all deadlines have come before this is folded, ms. */
export function observedUntil(observation: Observation): number {
  return observation.kind === 'unobserved' ? observation.from : observation.receivedAt;
}
