import parser from 'cron-parser';
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `2s`, `30m`, `24h`, `7d`, of at least `minMs`, in ms. */
export function duration(minMs: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
    const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
    const ms = text === '0' ? 0 : Number(amount) * (unitMs ?? Number.NaN);
    if (ms >= minMs) return ms;
    context.addIssue(
      Number.isNaN(ms) ? 'must be a number with its unit: ms, s, m, h or d' : `must be at least ${minMs} ms`,
    );
    return z.NEVER;
  });
}

const UNIT_BYTES: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** An amount of data such as `64MB` or `4GB` (of 1024), of at least `min` bytes, in bytes. */
export function size(min: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(KB|MB|GB|TB)$/.exec(text) ?? [];
    const bytes = Number(amount) * ((unit === undefined ? undefined : UNIT_BYTES[unit]) ?? Number.NaN);
    if (bytes >= min) return Math.floor(bytes);
    context.addIssue(
      Number.isNaN(bytes)
        ? 'must be a number with its unit: KB, MB, GB or TB'
        : `must be at least ${min / 2 ** 20}MB`,
    );
    return z.NEVER;
  });
}

/** A number of at least `min`, written plainly. */
export function number(min: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^-?\d{1,12}(\.\d{1,9})?$/, 'must be a number')
    .transform(Number)
    .refine((value) => value >= min, `must be at least ${min}`);
}

/**
 * The address of a server, by one of the given schemes (`mqtt`, `https`, ...). User and password have variables of their
 * own, which are not shown.
 */
export function url(...schemes: readonly string[]): z.ZodType<string, string> {
  return address(schemes).refine(
    (text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '',
    'must not hold a user or a password; they have variables of their own',
  );
}

/** The address of a Postgres database, with user and password. */
export function databaseUrl(): z.ZodType<string, string> {
  return address(['postgres', 'postgresql']);
}

function address(schemes: readonly string[]): z.ZodType<string, string> {
  return z.string().refine(
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      return parsed !== undefined && schemes.includes(parsed.protocol.slice(0, -1));
    },
    `must be an address that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  );
}

/** A port to listen on; 0 is any free one. */
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a number from 0 to 65535');

/** A comma-separated list of some of `values`, at least one. */
export function listOf<T extends string>(values: readonly T[]): z.ZodType<readonly T[], string> {
  return z.string().transform((text, context) => {
    const words = new Set(text.split(',').map((word) => word.trim()));
    const known = values.filter((value) => words.delete(value));
    if (words.size === 0 && known.length > 0) return known;
    context.addIssue(`must be some of ${values.join(', ')}, separated by commas`);
    return z.NEVER;
  });
}

/** An IANA time zone that this Node.js knows. */
export const timeZone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}, 'must be an IANA time zone such as Asia/Ho_Chi_Minh');

/** Five cron fields: minute, hour, day of month, month, day of week; read as the scheduler reads them. */
export const cron = z.string().refine((text) => {
  try {
    return text.trim().split(/\s+/).length === 5 && parser.parseExpression(text).hasNext();
  } catch {
    return false;
  }
}, 'must be five cron fields: minute, hour, day of month, month, day of week');

/** The last moment, at `nowMs` or before, at which a schedule of {@link cron} rings in a time zone; ms UTC. */
export function lastRing(schedule: string, timeZone: string, nowMs: number): number {
  // What the parser calls the previous one lies before its date.
  return parser
    .parseExpression(schedule, { tz: timeZone, currentDate: new Date(nowMs + 1) })
    .prev()
    .getTime();
}
