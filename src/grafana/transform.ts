import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import type { Transformation } from './dashboard.ts';
import type { Frame } from './frame.ts';
import { CalculateField, calculateField } from './transformations/calculate-field.ts';
import { FilterByValue, filterByValue } from './transformations/filter-by-value.ts';
import { JoinByField, joinByField } from './transformations/join-by-field.ts';
import { Organize, organize } from './transformations/organize.ts';
import { RenameByRegex, renameByRegex } from './transformations/rename-by-regex.ts';
import { SortBy, sortBy } from './transformations/sort-by.ts';

type Apply = (frames: readonly Frame[], options: unknown) => Frame[];

/** Options are parsed before they are used; what Evida does not follow is refused. */
function define<T extends z.ZodType>(
  options: T,
  apply: (frames: readonly Frame[], options: z.output<T>) => Frame[],
): Apply {
  return (frames, given) => apply(frames, options.parse(given));
}

const TRANSFORMATIONS: Readonly<Record<string, Apply>> = {
  joinByField: define(JoinByField, joinByField),
  organize: define(Organize, organize),
  renameByRegex: define(RenameByRegex, renameByRegex),
  calculateField: define(CalculateField, calculateField),
  sortBy: define(SortBy, sortBy),
  filterByValue: define(FilterByValue, filterByValue),
};

/**
 * What a transformation of Grafana makes of frames.
 * @throws EvidaError DASHBOARD_INVALID if the transformation, or an option of it, is one that Evida does not follow
 */
export function transform(frames: readonly Frame[], { id, options, disabled }: Transformation): Frame[] {
  const operation = `applying the transformation ${id}`;
  const apply = Object.hasOwn(TRANSFORMATIONS, id) ? TRANSFORMATIONS[id] : undefined;
  if (apply === undefined) {
    throw new EvidaError('DASHBOARD_INVALID', {
      operation,
      problem: 'Evida does not know it',
      hint: `Known ones: ${Object.keys(TRANSFORMATIONS).join(', ')}.`,
    });
  }
  if (disabled) return [...frames];
  try {
    return apply(frames, options);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new EvidaError('DASHBOARD_INVALID', { operation, problem: z.prettifyError(error), cause: error });
  }
}
