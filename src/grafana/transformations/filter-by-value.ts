import { z } from 'zod';
import { displayNameOf, type Frame, pickRows, rowCount, type Value } from '../frame.ts';

const NoOptions = z.strictObject({}).optional();
const Compared = z.strictObject({ value: z.union([z.number(), z.string(), z.boolean()]) });
const NumberCompared = z.strictObject({ value: z.number() });

const Config = z.discriminatedUnion('id', [
  z.strictObject({ id: z.literal('isNull'), options: NoOptions }),
  z.strictObject({ id: z.literal('isNotNull'), options: NoOptions }),
  z.strictObject({ id: z.literal('equal'), options: Compared }),
  z.strictObject({ id: z.literal('notEqual'), options: Compared }),
  z.strictObject({ id: z.literal('greater'), options: NumberCompared }),
  z.strictObject({ id: z.literal('greaterOrEqual'), options: NumberCompared }),
  z.strictObject({ id: z.literal('lower'), options: NumberCompared }),
  z.strictObject({ id: z.literal('lowerOrEqual'), options: NumberCompared }),
]);

export const FilterByValue = z.strictObject({
  type: z.enum(['include', 'exclude']),
  match: z.enum(['all', 'any']),
  filters: z.array(z.strictObject({ fieldName: z.string(), config: Config })).min(1),
});

/** Keeps the rows (`include`), or leaves them out, in which all or any of the filters match. */
export function filterByValue(
  frames: readonly Frame[],
  { type, match, filters }: z.output<typeof FilterByValue>,
): Frame[] {
  return frames.map((frame) => {
    const matchers = filters.map(({ fieldName, config }) => {
      const field = frame.fields.find((candidate) => displayNameOf(candidate, frame, frames) === fieldName);
      // A field that is not there matches nothing.
      return (row: number): boolean => field !== undefined && matches(field.values[row], config);
    });
    const rows = [...new Array(rowCount(frame)).keys()].filter((row) => {
      const isMatch =
        match === 'all'
          ? matchers.every((matcher) => matcher(row))
          : matchers.some((matcher) => matcher(row));
      return isMatch === (type === 'include');
    });
    return pickRows(frame, rows);
  });
}

function matches(value: Value, config: z.output<typeof Config>): boolean {
  switch (config.id) {
    case 'isNull':
      return value == null;
    case 'isNotNull':
      return value != null;
    case 'equal':
      return isEqual(value, config.options.value);
    case 'notEqual':
      return !isEqual(value, config.options.value);
    default: {
      // As in Grafana, null counts as 0.
      const number = value === undefined ? Number.NaN : Number(value);
      if (config.id === 'greater') return number > config.options.value;
      if (config.id === 'greaterOrEqual') return number >= config.options.value;
      return config.id === 'lower' ? number < config.options.value : number <= config.options.value;
    }
  }
}

/** Numbers may stand as text in the options, as Grafana's editor writes them. */
function isEqual(value: Value, wanted: string | number | boolean): boolean {
  return (
    value === wanted || (value != null && typeof value !== typeof wanted && String(value) === String(wanted))
  );
}
