import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { projectFile } from '../src/project-file.ts';

/** Runs mocha with these arguments, and variables besides those of this process; gives its exit code. */
export function runMocha(args: readonly string[], variables: Readonly<Record<string, string>>): number {
  const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
  const { status } = spawnSync(process.execPath, [mocha, ...args], {
    cwd: projectFile(),
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  return status ?? 1;
}
