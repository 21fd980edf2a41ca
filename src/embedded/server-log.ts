import { readFile } from 'node:fs/promises';
import { EvidaError } from '../errors.ts';

/** What a server has written since its start; empty while there is no log. */
export function readLog(logFile: string): Promise<string> {
  return readFile(logFile, 'utf8').catch(() => '');
}

/** The last lines of a log, indented for quoting in an error. */
export async function lastLines(logFile: string, count = 12): Promise<string> {
  const lines = (await readLog(logFile)).trimEnd().split('\n').slice(-count);
  return lines.map((line) => `  ${line.slice(0, 500)}`).join('\n');
}

/**
 * The error for a server that did not come up, with the last lines of its log.
 *
 * @param problem what happened, without a full stop: "it ended with code 1"
 */
export async function startError(
  server: { readonly name: string; readonly logFile: string },
  problem: string,
  hint?: string,
): Promise<EvidaError> {
  const lines = await lastLines(server.logFile);
  return new EvidaError('EMBEDDED_START', {
    operation: `starting ${server.name}`,
    problem:
      lines.trim() === '' ? `${problem}, and its log is empty` : `${problem}; its log ends with\n${lines}`,
    hint: hint ?? `the whole log is ${server.logFile}`,
  });
}
