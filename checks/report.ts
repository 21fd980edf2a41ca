/** Prints what is wrong, if anything, and ends with 1 then; prints what was found well otherwise. */
export function report(wrong: readonly string[], well: string): void {
  if (wrong.length === 0) {
    process.stdout.write(`${well}\n`);
    return;
  }
  for (const line of wrong) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
