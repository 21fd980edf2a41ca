import { readFileSync } from 'node:fs';
import { projectFile } from '../src/project-file.ts';

/** Whoever comes by reads no more. */
const MOST_BYTES = 4096;

/** What is wrong with the length of README.md, if anything. */
export function longReadme(): string[] {
  const { length } = readFileSync(projectFile('README.md'));
  if (length < MOST_BYTES) return [];
  return [
    `README.md has ${length} bytes, and must have less than ${MOST_BYTES}: put the rest into docs/handbook/`,
  ];
}
