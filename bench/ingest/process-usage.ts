import { readFileSync } from 'node:fs';

/** Of the clock that /proc counts in; the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Time on the processor so far, all threads, in user and in kernel mode, in us. Linux only. */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: state is the first, utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** The most memory that the process had in RAM so far, MB. Linux only. */
export function highWaterMb(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
