import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import { gapPoint } from './gap-point.ts';
import type { Observation, Unobserved } from './observation.ts';
import type { PointOf } from './point.ts';

/** Records each time in which nothing was observed; other observations give nothing. */
export function toGapPoint(): OperatorFunction<Observation, PointOf<'gap'>> {
  return pipe(filter(isUnobserved), map(gapPoint));
}

function isUnobserved(observation: Observation): observation is Unobserved {
  return observation.kind === 'unobserved';
}
