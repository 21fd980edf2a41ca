import { EvidaError, messageOf } from '../errors.ts';

/** Says on standard error what went wrong and what to do, and gives the exit code. */
export function reportError(error: unknown): number {
  process.stderr.write(`evida: ${messageOf(error)}\n`);
  if (!(error instanceof EvidaError)) {
    if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
    return 1;
  }
  if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
  process.stderr.write(`  ${error.code}: docs/handbook/troubleshooting.md#${error.code.toLowerCase()}\n`);
  return error.exitCode;
}
