import { z } from 'zod';
import { displayNameOf, type Field, type Frame, pickRows, rowCount, type Value } from '../frame.ts';

export const SortBy = z.strictObject({
  fields: z.strictObject({}).optional(),
  sort: z
    .array(z.strictObject({ field: z.string(), desc: z.boolean().default(false) }))
    .length(1, 'Grafana sorts by the first field only'),
});

const collator = new Intl.Collator('en', { sensitivity: 'base' });

/** Sorts rows by a field; frames without it stay as they are. */
export function sortBy(frames: readonly Frame[], { sort: [sort] }: z.output<typeof SortBy>): Frame[] {
  return frames.map((frame) => {
    const field = frame.fields.find((candidate) => displayNameOf(candidate, frame) === sort?.field);
    if (field === undefined) return frame;
    const order = comparer(field);
    const sign = sort?.desc ? -1 : 1;
    const rows = [...new Array(rowCount(frame)).keys()];
    return pickRows(
      frame,
      rows.sort((one, other) => sign * order(field.values[one], field.values[other])),
    );
  });
}

/** As in Grafana, texts without a value come last; null counts as 0 where numbers are compared. */
function comparer({ type }: Field): (one: Value, other: Value) => number {
  if (type === 'string') {
    return (one, other) =>
      one && other ? collator.compare(String(one), String(other)) : Number(!one) - Number(!other);
  }
  if (type === 'boolean') return (one, other) => Number(!one) - Number(!other);
  return (one, other) => Number(one ?? 0) - Number(other ?? 0);
}
