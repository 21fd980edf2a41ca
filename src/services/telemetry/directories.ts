import { join } from 'node:path';

/** Where the log of a DATA_DIR is. */
export function journalDirectory(dataDir: string): string {
  return join(dataDir, 'journal');
}

/** Where the dead letters of a DATA_DIR are. */
export function deadLettersDirectory(dataDir: string): string {
  return join(dataDir, 'dead-letters');
}
