import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { EvidaError } from '../errors.ts';

/** A new secret of 256 bits, in letters, digits, `-` and `_`. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The secrets of a data directory: those of the start before, or new ones, kept in a file of mode 0600.
 *
 * @throws EvidaError EMBEDDED_START if the file is there but is not what was written
 */
export async function keepSecrets<S extends z.ZodType>(
  file: string,
  schema: S,
  create: () => z.input<S>,
): Promise<z.output<S>> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept === undefined) {
    const created = create();
    await writeFile(`${file}.new`, `${JSON.stringify(created, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return schema.parse(created);
  }
  try {
    return schema.parse(JSON.parse(kept));
  } catch (cause) {
    throw new EvidaError('EMBEDDED_START', {
      operation: `reading ${file}`,
      problem: 'it does not hold the secrets of this data directory',
      hint: 'restore the file, or remove the whole data directory: it cannot be opened without them',
      cause,
    });
  }
}
