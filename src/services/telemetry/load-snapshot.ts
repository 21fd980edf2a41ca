import { messageOf } from '../../errors.ts';
import { openSnapshot } from '../../journal/snapshot-file.ts';
import type { Log } from '../../log.ts';
import type { ReducerStates } from './reducers.ts';
import { SnapshotBox, SnapshotHeader } from './snapshot-schema.ts';

export interface LoadedSnapshot {
  readonly header: SnapshotHeader;
  /** Of each box: the place in the log at which it was as the snapshot has it. */
  readonly sequences: ReadonlyMap<number, number>;
  /** The highest sequence that is in it. */
  readonly lastSequence: number;
  readonly states: ReducerStates;
}

/**
 * The state of the newest snapshot; undefined if there is none that can be used, which is said: all that the log has is
 * folded then.
 */
export async function loadSnapshot(directory: string, log: Log): Promise<LoadedSnapshot | undefined> {
  const snapshot = await openSnapshot(directory, log);
  if (snapshot === undefined) return undefined;
  try {
    return await parseSnapshot(snapshot.lines);
  } catch (error) {
    log.error(
      { sequence: snapshot.sequence, error: messageOf(error) },
      'the snapshot is not one of this Evida: it is left out, and the whole log is folded',
    );
    return undefined;
  }
}

async function parseSnapshot(lines: AsyncIterable<string>): Promise<LoadedSnapshot | undefined> {
  let header: SnapshotHeader | undefined;
  const boxes: SnapshotBox[] = [];
  for await (const line of lines) {
    const parsed: unknown = JSON.parse(line);
    if (header === undefined) header = SnapshotHeader.parse(parsed);
    else boxes.push(SnapshotBox.parse(parsed));
  }
  if (header === undefined) return undefined;
  const { atMs } = header;
  return {
    header,
    sequences: new Map(boxes.map(({ box, sequence }) => [box, sequence])),
    lastSequence: boxes.reduce((last, { sequence }) => Math.max(last, sequence), header.sequence),
    states: {
      photographs: { atMs, boxes: boxes.flatMap(({ photographs }) => photographs ?? []) },
      connections: { atMs, boxes: boxes.flatMap(({ connection }) => connection ?? []) },
      utilization: { atMs, boxes: boxes.flatMap(({ utilization }) => utilization ?? []) },
    },
  };
}
