import type { OnStep } from '../services/open-backup.ts';

/** So many steps that change nothing are told in one line. */
const QUIET_STEPS = 200;

/** Tells the steps of a backup as they are done: each that changes something, and how far the others are. */
export function tellSteps(out: NodeJS.WritableStream): OnStep {
  let quiet = 0;
  return ({ what, done, bytes }) => {
    const isQuiet = done === 'found' || done === 'kept' || done === 'verified';
    if (!isQuiet) out.write(`${done.padEnd(9)} ${what}${bytes > 0 ? `, ${sizeInWords(bytes)}` : ''}\n`);
    else if (++quiet % QUIET_STEPS === 0) out.write(`${String(quiet).padEnd(9)} ${done}\n`);
  };
}

/** 1.4 MB. */
export function sizeInWords(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
