import { z } from 'zod';
import { displayNameOf, type Frame, toRegExp } from '../frame.ts';

export const RenameByRegex = z.strictObject({ regex: z.string(), renamePattern: z.string() });

/** Renames the fields whose names match. */
export function renameByRegex(
  frames: readonly Frame[],
  { regex, renamePattern }: z.output<typeof RenameByRegex>,
): Frame[] {
  const pattern = toRegExp(regex);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = displayNameOf(field, frame);
      const newName = name.replace(pattern, renamePattern);
      return newName === name ? field : { ...field, displayName: newName };
    }),
  }));
}
