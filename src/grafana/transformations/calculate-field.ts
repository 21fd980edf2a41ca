import { z } from 'zod';
import { displayNameOf, type Frame, rowCount, type Value } from '../frame.ts';
import { joinByField } from './join-by-field.ts';

const ByName = z.strictObject({
  matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
});
const Fixed = z.strictObject({ fixed: z.string() });

export const CalculateField = z.strictObject({
  mode: z.literal('binary', 'only binary operations are followed'),
  alias: z.string().min(1, 'the new field needs a name'),
  replaceFields: z.literal(false, 'leave fields out by organize instead').default(false),
  binary: z.strictObject({
    left: z.union([ByName, Fixed]),
    operator: z.enum(['+', '-', '*', '/']),
    right: z.union([ByName, Fixed]),
  }),
});
type Options = z.output<typeof CalculateField>;

const OPERATIONS: Readonly<Record<Options['binary']['operator'], (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
};

/**
 * A new field, computed row by row from two others or from one and a number. As in Grafana, null counts as 0, and what an
 * outer join left without a value makes NaN. A frame that lacks one of the fields stays as it is.
 */
export function calculateField(frames: readonly Frame[], { alias, binary }: Options): Frame[] {
  const operation = OPERATIONS[binary.operator];
  const whole = 'fixed' in binary.right ? [...frames] : joinedByTime(frames);
  return whole.map((frame) => {
    const left = operandOf(frame, binary.left, whole);
    const right = operandOf(frame, binary.right, whole);
    if (left === undefined || right === undefined) return frame;
    const values = left.map((value, row) => operation(numberOf(value), numberOf(right[row])));
    return {
      ...frame,
      fields: [...frame.fields, { name: alias, displayName: alias, type: 'number', values }],
    };
  });
}

/** Several time series become one frame before something is computed from them. */
function joinedByTime(frames: readonly Frame[]): Frame[] {
  const names = new Set(frames.map(({ fields }) => fields.find(({ type }) => type === 'time')?.name));
  const [byField] = names;
  if (frames.length < 2 || names.size !== 1 || byField === undefined) return [...frames];
  return joinByField(frames, { byField, mode: 'outer' });
}

function operandOf(
  frame: Frame,
  operand: Options['binary']['left'],
  frames: readonly Frame[],
): readonly Value[] | undefined {
  if ('fixed' in operand) return new Array(rowCount(frame)).fill(Number(operand.fixed));
  const { options: name } = operand.matcher;
  return frame.fields.find((field) => displayNameOf(field, frame, frames) === name)?.values;
}

function numberOf(value: Value): number {
  if (value === undefined) return Number.NaN;
  return Number(value);
}
