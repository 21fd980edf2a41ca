import { z } from 'zod';
import { displayNameOf, type Frame, isNamed } from '../frame.ts';

export const Organize = z.strictObject({
  excludeByName: z.record(z.string(), z.boolean()).default({}),
  indexByName: z.record(z.string(), z.number()).default({}),
  renameByName: z.record(z.string(), z.string()).default({}),
});

/** Leaves fields out, puts the others in order (those without a place last), and renames them. */
export function organize(
  frames: readonly Frame[],
  { excludeByName, indexByName, renameByName }: z.output<typeof Organize>,
): Frame[] {
  const excluded = Object.keys(excludeByName).filter((name) => excludeByName[name]);
  const kept = frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => !excluded.some((name) => isNamed(field, name, frame, frames))),
    }))
    .filter(({ fields }) => fields.length > 0);
  return kept.map((frame) => {
    const placed = frame.fields.map((field) => {
      const newName = renameByName[displayNameOf(field, frame)];
      return {
        place: indexByName[displayNameOf(field, frame, kept)] ?? Number.MAX_SAFE_INTEGER,
        field: newName ? { ...field, displayName: newName } : field,
      };
    });
    return {
      ...frame,
      fields: placed.sort((one, other) => one.place - other.place).map(({ field }) => field),
    };
  });
}
