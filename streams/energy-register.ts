import { UNKNOWN } from './unknown.ts';

/** What a reading of an energy register means: `held` changes nothing yet, the others count. */
export type RegisterEvent = 'read' | 'held' | 'reset' | 'glitch';

/**
 * An energy register only grows, until it resets; now and then a single reading is wrong. So a reading that falls is
 * held until the next: one that is low, too, means a `reset`, any other that what was held was a `glitch` (domain.md,
 * photographs rule 8). All in one unit, or UNKNOWN.
 */
export function registerEvent(known: number, held: number, reading: number): RegisterEvent {
  const isLower = reading < known;
  if (held === UNKNOWN) return isLower ? 'held' : 'read';
  return isLower ? 'reset' : 'glitch';
}
