import { join } from 'node:path';
import { z } from 'zod';
import { DataFile } from '../data-file.ts';

const Running = z.object({ pid: z.number().int(), url: z.url() }).readonly();

/** Where the process that runs with this DATA_DIR can be asked; the port may be any free one. */
export function runningFile(dataDir: string): DataFile<typeof Running> {
  return new DataFile(join(dataDir, 'running.json'), Running);
}
