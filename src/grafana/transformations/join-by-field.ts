import { z } from 'zod';
import { type Field, type Frame, isNamed, pickRows, rowCount, VALUE, type Value } from '../frame.ts';

export const JoinByField = z.strictObject({
  byField: z.string(),
  mode: z.enum(['outer', 'inner']).default('outer'),
});

/** A frame with its field to join by first. */
interface Side {
  readonly keys: Field;
  readonly others: readonly Field[];
}

/**
 * One frame with a row for each value of a field that all frames have. `outer` keeps the values of one frame only, in
 * ascending order of numbers and times; of rows with the same value, the last one stays. `inner` keeps what all frames
 * have, with a row for each pair. Fewer than two frames stay as they are.
 */
export function joinByField(
  frames: readonly Frame[],
  { byField, mode }: z.output<typeof JoinByField>,
): Frame[] {
  if (frames.length < 2) return [...frames];
  const sides = frames.flatMap((frame) => sideOf(frame, frames, byField) ?? []);
  const [first, ...rest] = sides;
  if (first === undefined) return [{ fields: [] }];
  if (mode === 'outer') return [joinOuter(sides)];
  const joined = rest.reduce(joinInner, { fields: [first.keys, ...first.others] });
  // A frame without the field has nothing in common with the others.
  return [sides.length < frames.length ? pickRows(joined, []) : joined];
}

/** The field that a frame is joined by. */
export function findJoinField(frame: Frame, frames: readonly Frame[], byField: string): Field | undefined {
  return frame.fields.find((field) => isNamed(field, byField, frame, frames));
}

function sideOf(frame: Frame, frames: readonly Frame[], byField: string): Side | undefined {
  const keys = findJoinField(frame, frames, byField);
  if (keys === undefined) return undefined;
  const others = frame.fields.filter((field) => field !== keys);
  return { keys, others: others.map((field) => markOrigin(field, frame)) };
}

/** Which frame a field came from, where the frame has a name. */
function markOrigin(field: Field, { name }: Frame): Field {
  if (name && field.name === VALUE) return { ...field, name, labels: field.labels ?? {} };
  return { ...field, labels: { ...(name && { name }), ...field.labels } };
}

function joinOuter(sides: readonly Side[]): Frame {
  const [first, ...others] = sides;
  if (first === undefined) return { fields: [] };
  if (others.every(({ keys }) => isSame(keys.values, first.keys.values))) return sideBySide(first, others);
  const keys = [...new Set(sides.flatMap((side) => side.keys.values))].sort(ascending);
  const rowByKey = new Map(keys.map((key, row) => [key, row]));
  const fields = sides.flatMap((side) =>
    side.others.map((field) => {
      const values: Value[] = keys.map(() => undefined);
      const nullRows: number[] = [];
      for (const [index, key] of side.keys.values.entries()) {
        const row = rowByKey.get(key);
        const value = field.values[index];
        if (row === undefined || value === undefined) continue;
        values[row] = value;
        if (value === null) nullRows.push(row);
      }
      for (const row of nullRows) spreadNull(values, row);
      return { ...field, values };
    }),
  );
  return { fields: [{ ...first.keys, values: keys }, ...fields] };
}

function isSame(one: readonly Value[], other: readonly Value[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** Frames with the same values row by row keep their rows, in order. */
function sideBySide(first: Side, others: readonly Side[]): Frame {
  const frame = { fields: [first.keys, ...first.others, ...others.flatMap((side) => side.others)] };
  const { values } = first.keys;
  const rows = [...values.keys()];
  const isInOrder = rows.every((row) => row === 0 || isBefore(values[row - 1], values[row]));
  return isInOrder
    ? frame
    : pickRows(
        frame,
        rows.sort((one, other) => ascending(values[one], values[other])),
      );
}

function isBefore(one: Value, other: Value): boolean {
  return one == null || other == null || one < other;
}

/** A null reaches into the gaps beside it. */
function spreadNull(values: Value[], row: number): void {
  for (const step of [-1, 1]) {
    for (let gap = row + step; gap >= 0 && gap < values.length && values[gap] == null; gap += step)
      values[gap] = null;
  }
}

/** Numbers, times and texts of numbers by size; other texts stay in the order in which they came. */
function ascending(one: Value, other: Value): number {
  const difference = Number(one) - Number(other);
  return Number.isNaN(difference) ? 0 : difference;
}

function joinInner(left: Frame, right: Side): Frame {
  const rightRows = new Map<Value, number[]>();
  for (const [row, key] of right.keys.values.entries())
    rightRows.set(key, [...(rightRows.get(key) ?? []), row]);
  const pairs: [number, number][] = [];
  for (let row = 0; row < rowCount(left); row++) {
    const key = left.fields[0]?.values[row];
    if (key == null) continue;
    for (const other of rightRows.get(key) ?? []) pairs.push([row, other]);
  }
  const picked = pickRows(
    left,
    pairs.map(([row]) => row),
  );
  const others = right.others.map((field) => ({
    ...field,
    values: pairs.map(([, row]) => field.values[row]),
  }));
  return { fields: [...picked.fields, ...others] };
}
