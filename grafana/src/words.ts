import { valueMappings } from './panels.ts';

/** The status of an outlet, as a number (docs/domain.md). */
export const STATUS = valueMappings({
  0: { text: 'available', color: 'dark-green' },
  1: { text: 'ready', color: 'blue' },
  2: { text: 'charging', color: 'orange' },
  3: { text: 'full', color: 'purple' },
  4: { text: 'unplugged', color: 'semi-dark-yellow' },
  6: { text: 'not installed', color: 'text' },
});

/** The state of a box, by its connection points. */
export const CONNECTION = valueMappings({
  online: { text: 'online', color: 'dark-green' },
  offline: { text: 'offline', color: 'red' },
  silent: { text: 'silent', color: 'dark-red' },
});
