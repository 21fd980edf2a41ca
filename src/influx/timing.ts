import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance, as they come in from outside. */
export interface Timing {
  /** The wall clock, ms UTC. */
  now(): number;
  /** From 0 up to, but without, 1. */
  random(): number;
  /** Rejects once the signal is aborted. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemTiming: Timing = {
  now: Date.now,
  random: Math.random,
  delay: (ms, signal) => delay(ms, undefined, { signal }),
};
