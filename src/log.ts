import { destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export type Log = Logger;

/** The process's log, on standard error: one JSON object a line, or text for people. */
export function createLog({ LOG_LEVEL, LOG_FORMAT }: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>): Log {
  const stderr = destination({ dest: 2, sync: true });
  const stream =
    LOG_FORMAT === 'json'
      ? stderr
      : pretty({ destination: stderr, ignore: 'pid,hostname', colorize: process.stderr.isTTY });
  return pino({ level: LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
