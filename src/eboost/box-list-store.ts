import { join } from 'node:path';
import { z } from 'zod';
import { DataFile } from '../data-file.ts';
import type { KnownBox, ListedBox } from './review-box-list.ts';

const TimeMs = z.number().int().nonnegative();

const Listed = z.object({
  number: z.number().int().nonnegative(),
  name: z.string().nullable(),
  city: z.string().nullable(),
  district: z.string().nullable(),
  inService: z.boolean().nullable(),
}) satisfies z.ZodType<ListedBox>;

const Known = Listed.extend({
  listedSinceMs: TimeMs,
  missingLists: z.number().int().nonnegative(),
  missingSinceMs: TimeMs.nullable(),
}) satisfies z.ZodType<KnownBox>;

/** When the list was read from Eboost, and what it holds. */
const KnownList = z.object({ readAtMs: TimeMs, boxes: z.array(Known).readonly() }).readonly();
const ListAsRead = z.object({ readAtMs: TimeMs, boxes: z.array(Listed).readonly() }).readonly();

export type KnownList = z.output<typeof KnownList>;
export type ListAsRead = z.output<typeof ListAsRead>;

/**
 * The box lists in DATA_DIR. A running Evida writes `known`, the boxes that it listens to, and `refused`, the last list
 * that it did not dare to take; `evida boxes accept` writes `accepted`, and nothing else, so that no file has two writers.
 */
export class BoxListStore {
  readonly known: DataFile<typeof KnownList>;
  readonly refused: DataFile<typeof ListAsRead>;
  readonly accepted: DataFile<typeof ListAsRead>;

  constructor(dataDir: string) {
    this.known = new DataFile(join(dataDir, 'box-list.json'), KnownList);
    this.refused = new DataFile(join(dataDir, 'box-list.refused.json'), ListAsRead);
    this.accepted = new DataFile(join(dataDir, 'box-list.accepted.json'), ListAsRead);
  }
}
