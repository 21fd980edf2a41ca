import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { projectFile } from '../src/project-file.ts';
import { report } from './report.ts';

/** Licences that ask for no more than to be named. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** Others that were read, and why they will do. */
const READ: Readonly<Record<string, string>> = {
  'node_modules/argparse': 'PSF-2.0, the licence of Python: as permissive; for tests only',
  'node_modules/uri-templates': 'public domain, or MIT where there is none; for tests only',
};

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      license: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

const text = readFileSync(projectFile('package-lock.json'), 'utf8');
const { packages } = Lockfile.parse(JSON.parse(text));
const others = Object.entries(packages).filter(([path]) => path !== '');
report(
  others.flatMap(([path, { license, resolved }]) => [
    ...(isAllowed(license) || path in READ
      ? []
      : [`${path}: licence ${license ?? 'unknown'} is not one of ${[...ALLOWED].join(', ')}`]),
    ...(resolved === undefined
      ? []
      : [`${path}: package-lock.json names where it came from; .npmrc must keep that out`]),
  ]),
  `packages: ${others.length}, all of licences that ask for no more than to be named`,
);

/** `(MIT OR CC0-1.0)`: one that is allowed is enough; `MIT AND ISC`: each must be. */
function isAllowed(license: string | undefined): boolean {
  const plain = license?.replace(/[()]/g, '') ?? '';
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((part) => ALLOWED.has(part.trim())));
}
