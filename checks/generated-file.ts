import { readFileSync, writeFileSync } from 'node:fs';
import { projectFile } from '../src/project-file.ts';

/** A file of the project that follows from its sources. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Says which files have drifted from their sources; with `--write`, writes them anew instead. */
export function checkGenerated(files: readonly GeneratedFile[], command: string): string[] {
  const drifted = files.filter(({ path, content }) => readIfThere(projectFile(path)) !== content);
  if (!process.argv.includes('--write'))
    return drifted.map(({ path }) => `${path} has drifted from its source; run: ${command}`);
  for (const { path, content } of drifted) writeFileSync(projectFile(path), content);
  return [];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
