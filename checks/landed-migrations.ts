import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedFile } from './generated-file.ts';

const LANDED = 'sql/migrations/landed.sha256';

/** Each migration of a project with its hash, as sha256sum writes them. */
export function notedMigrations(root: string): GeneratedFile {
  return {
    path: LANDED,
    content: migrationLines(root)
      .map((line) => `${line}\n`)
      .join(''),
  };
}

/** What is wrong with migrations that have landed: changed or gone. */
export function changedMigrations(root: string): string[] {
  const lines = new Set(migrationLines(root));
  return landedLines(root)
    .filter((line) => !lines.has(line))
    .map(
      (line) =>
        `sql/migrations/${line.split('  ')[1]} has landed and must not be changed; put the change into a new one`,
    );
}

function migrationLines(root: string): string[] {
  const directory = join(root, 'sql', 'migrations');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const hash = createHash('sha256').update(readFileSync(join(directory, name)));
      return `${hash.digest('hex')}  ${name}`;
    });
}

/**
 * A migration has landed with the line that landed.sha256 ever had for it on the main branch: up to where this branch
 * left origin/main or, where there is no origin/main, up to HEAD. So neither a change of that file nor one commit on top
 * of another takes it back, and a migration that is still being written may change. Without a history, what the file
 * says has landed.
 */
function landedLines(root: string): string[] {
  const base = git(root, ['merge-base', 'HEAD', 'origin/main'])?.trim() ?? 'HEAD';
  // A clone that is shallow shows its oldest commit as one that adds everything.
  const history = git(root, [
    'log',
    '--first-parent',
    '-m',
    '-p',
    '--no-ext-diff',
    '--format=',
    base,
    '--',
    LANDED,
  ]);
  const ever = [...(history ?? '').matchAll(/^\+([0-9a-f]{64} {2}\S+)$/gm)].map(([, line = '']) => line);
  return ever.length > 0 ? [...new Set(ever)].sort() : linesOfFile(join(root, LANDED));
}

/** Undefined where there is no git, no repository, or no such branch. */
function git(root: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-c', 'color.ui=never', ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

function linesOfFile(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
