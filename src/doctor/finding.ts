import { EvidaError, messageOf } from '../errors.ts';

/** What an examination found of one thing. */
export interface Finding {
  /** The part that it is about: "InfluxDB". */
  readonly part: string;
  readonly state: 'ok' | 'warning' | 'fault';
  /** What is so, or what is wrong. */
  readonly what: string;
  /** How to mend it. */
  readonly hint?: string;
}

export const ok = (part: string, what: string): Finding => ({ part, state: 'ok', what });
export const warning = (part: string, what: string, hint: string): Finding => ({
  part,
  state: 'warning',
  what,
  hint,
});
export const fault = (part: string, what: string, hint: string): Finding => ({
  part,
  state: 'fault',
  what,
  hint,
});

/**
 * Runs an examination; what it throws is a fault of the part, and so is that it takes longer than the deadline. Its
 * signal is aborted then: what waits on should be given up.
 */
export async function examine(
  part: string,
  hint: string,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      // Before the signal: what is given up fails of it, and this is the reason to tell.
      resolve([fault(part, `did not answer within ${deadlineMs / 1000} s`, hint)]);
      deadline.abort();
    }, deadlineMs);
  });
  try {
    return await Promise.race([faultIfThrown(part, hint, () => work(deadline.signal)), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Examines one of several things of a part, so that a fault of it hides nothing of the others. */
export async function faultIfThrown(
  part: string,
  hint: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (error) {
    return [fault(part, messageOf(error), (error instanceof EvidaError && error.hint) || hint)];
  }
}

/** How far the clocks of this machine and of a server may differ, ms: times are told to the second. */
const MAX_SKEW_MS = 3000;

/** Compares a server's clock with that of this machine. Points are stored with times of this one. */
export function compareClocks(part: string, serverMs: number, nowMs: number): Finding {
  const skewMs = nowMs - serverMs;
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return ok(part, 'its clock agrees with that of this machine');
  const words = `this machine's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} it`;
  return fault(part, words, 'Let both machines keep time by NTP (chrony, systemd-timesyncd).');
}
