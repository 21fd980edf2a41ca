import { z } from 'zod';
import { EvidaError } from '../../errors.ts';
import { type Archive, Blob, type Put } from './archive.ts';

const FOLDER = 'manifests/';
const NAME = /^manifests\/(\d{8})\.json\.gz(\.enc)?$/;
const MARK = /^manifests\/pruned-before-(\d{8})/;

/** Rows of a table, in the order in which they are laid. */
const RowBlob = Blob.extend({
  /** `all`: these rows are; `changed`: they take the place of those with their key; `removed`: keys of rows that are gone. */
  kind: z.enum(['all', 'changed', 'removed']),
  rows: z.number().int(),
});

const Table = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  key: z.array(z.string()),
  /** Of the whole table in the source, at the moment of the backup. */
  rows: z.number().int(),
  checksum: z.string(),
  blobs: z.array(RowBlob),
});

const Day = z.object({
  /** UTC, 2026-10-02. */
  day: z.string(),
  /** Points that write_log counted for it; null where it counts none. */
  written: z.number().nullable(),
  /** It was read in this backup. */
  isFresh: z.boolean(),
  /** Values: one a field of a point. */
  values: z.number().int(),
  blob: Blob,
});

const Measurement = z.object({
  bucket: z.enum(['telemetry', 'history']),
  name: z.string(),
  days: z.array(Day),
});

/** What one backup consists of; everything that it names is in storage before it is. */
export const Manifest = z.object({
  format: z.literal(1),
  /** From 1 on, without a gap: two backups cannot follow the same one. */
  sequence: z.number().int().positive(),
  createdAt: z.iso.datetime(),
  version: z.string(),
  previous: z.object({ sequence: z.number().int(), sha256: z.string() }).nullable(),
  postgres: z.object({
    /** Which database it is; transaction numbers of another one say nothing. */
    identity: z.string(),
    /** What older transactions wrote is in it; what this one or a later one writes is for the next backup. */
    horizon: z.string().regex(/^\d+$/),
    tables: z.array(Table),
  }),
  influx: z.array(Measurement),
  files: z.array(z.object({ name: z.string(), blob: Blob })),
});
export type Manifest = z.output<typeof Manifest>;
export type TableEntry = z.output<typeof Table>;
export type RowBlob = z.output<typeof RowBlob>;
export type MeasurementEntry = z.output<typeof Measurement>;
export type DayEntry = z.output<typeof Day>;

/** A manifest as it lies in storage. */
export interface StoredManifest {
  readonly name: string;
  readonly sha256: string;
  readonly manifest: Manifest;
}

/** Where the chain of manifests begins, and what there is of it. */
export interface Chain {
  /** Names by their sequence, in order. */
  readonly names: ReadonlyMap<number, string>;
  /** Manifests before it are pruned; 1 if none are. */
  readonly prunedBefore: number;
  /** What lies in the folder of the manifests and is none. */
  readonly strange: readonly string[];
}

/** @throws EvidaError BLOB_UNAVAILABLE */
export async function listChain({ storage }: Archive): Promise<Chain> {
  const found: [sequence: number, name: string][] = [];
  const strange: string[] = [];
  let prunedBefore = 1;
  for await (const { name } of storage.list(FOLDER)) {
    const sequence = NAME.exec(name)?.[1];
    const mark = MARK.exec(name)?.[1];
    if (sequence !== undefined) found.push([Number(sequence), name]);
    else if (mark !== undefined) prunedBefore = Math.max(prunedBefore, Number(mark));
    else strange.push(name);
  }
  const names = new Map(found.filter(([sequence]) => sequence >= prunedBefore).sort(([a], [b]) => a - b));
  return { names, prunedBefore, strange };
}

/** The names of manifests that were to be pruned, and of marks that another one has replaced. */
export async function listPruned({ storage }: Archive, { prunedBefore }: Chain): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(FOLDER)) {
    const sequence = NAME.exec(name)?.[1] ?? MARK.exec(name)?.[1];
    if (sequence !== undefined && Number(sequence) < prunedBefore) names.push(name);
  }
  return names;
}

/** Says that manifests before this one are not missed, before they are removed. */
export async function markPruned(archive: Archive, before: number): Promise<void> {
  await archive.putAs(`${FOLDER}pruned-before-${padded(before)}`, asJson({ prunedBefore: before }));
}

/** @throws EvidaError BACKUP_DAMAGED, BACKUP_KEY, BLOB_UNAVAILABLE */
export async function readManifest(archive: Archive, name: string): Promise<StoredManifest> {
  const read = await archive
    .getUnknown(name, async (content, { sha256 }) => ({ text: await parsed(content), sha256 }))
    .catch((error: unknown) => {
      if (error instanceof EvidaError) throw error;
      throw unreadable(name, error);
    });
  if (read === undefined) throw unreadable(name, new Error('it is missing'));
  const manifest = Manifest.safeParse(read.text);
  if (manifest.success) return { name, sha256: read.sha256, manifest: manifest.data };
  throw unreadable(name, new Error(z.prettifyError(manifest.error)));
}

/**
 * The same, but says what is wrong with a manifest that is damaged. One that the key does not open is, if the key opens another:
 * else, the key is wrong.
 * @throws EvidaError BACKUP_KEY, BLOB_UNAVAILABLE
 */
export async function tryManifest(
  archive: Archive,
  name: string,
  { names }: Chain,
): Promise<StoredManifest | EvidaError> {
  try {
    return await readManifest(archive, name);
  } catch (error) {
    archive.storage.signal.throwIfAborted();
    if (!(error instanceof EvidaError)) throw error;
    if (error.code === 'BACKUP_DAMAGED') return error;
    if (error.code === 'BACKUP_KEY' && archive.isEncrypted && (await opensAny(archive, [...names.values()])))
      return error;
    throw error;
  }
}

async function opensAny(archive: Archive, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    if (archive.hasOpened) break;
    await readManifest(archive, name).catch((error: unknown) => {
      if (!(error instanceof EvidaError) || error.code === 'BLOB_UNAVAILABLE') throw error;
    });
  }
  return archive.hasOpened;
}

async function parsed(content: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** The last manifest, if there is any. */
export async function readLatest(archive: Archive): Promise<StoredManifest | undefined> {
  const name = [...(await listChain(archive)).names.values()].at(-1);
  return name === undefined ? undefined : await readManifest(archive, name);
}

/**
 * The last manifest that was written at a moment or before, and the backups that were passed over because they are damaged: of
 * when they are, nobody can say. Only who asks for a moment gets an older one in place of them.
 * @throws EvidaError BACKUP_ABSENT; BACKUP_DAMAGED, BACKUP_KEY if the last one of all cannot be read
 */
export async function readManifestAt(
  archive: Archive,
  atMs: number,
): Promise<{ readonly stored: StoredManifest; readonly damaged: readonly number[] }> {
  const chain = await listChain(archive);
  const damaged: number[] = [];
  for (const [sequence, name] of [...chain.names].reverse()) {
    const stored = await tryManifest(archive, name, chain);
    if (!(stored instanceof EvidaError)) {
      if (Date.parse(stored.manifest.createdAt) <= atMs) return { stored, damaged };
    } else if (atMs === Number.POSITIVE_INFINITY) throw stored;
    else damaged.push(sequence);
  }
  const unread = damaged.length === 0 ? '' : `; damaged, and so of unknown time: ${damaged.join(', ')}`;
  throw new EvidaError('BACKUP_ABSENT', {
    operation: 'looking for a backup',
    problem: `there is none of that time or before${unread}`,
    hint: 'evida backup list shows which there are.',
  });
}

/** The last act of a backup: from now on it exists. @throws EvidaError BLOB_CONFLICT if another one follows the same */
export async function writeManifest(archive: Archive, manifest: Manifest): Promise<Put> {
  return await archive.putAs(`${FOLDER}${padded(manifest.sequence)}.json`, asJson(manifest));
}

/** Every blob that a manifest needs, each once. */
export function blobsOf({ postgres, influx, files }: Manifest): Map<string, Blob> {
  const blobs = [
    ...postgres.tables.flatMap((table) => table.blobs),
    ...influx.flatMap(({ days }) => days.map(({ blob }) => blob)),
    ...files.map(({ blob }) => blob),
  ];
  return new Map(blobs.map((blob) => [blob.name, blob]));
}

async function* asJson(value: object): AsyncGenerator<string> {
  yield JSON.stringify(await Promise.resolve(value));
}

function padded(sequence: number): string {
  return String(sequence).padStart(8, '0');
}

function unreadable(name: string, cause: unknown): EvidaError {
  return new EvidaError('BACKUP_DAMAGED', {
    operation: `reading ${name}`,
    cause,
    hint: 'Restore an earlier backup, with --at. To go on with backups, take another BACKUP_CONTAINER.',
  });
}
