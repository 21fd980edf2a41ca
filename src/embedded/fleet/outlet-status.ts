import type { STATUS } from '../../../streams/status.ts';
import { Random } from './random.ts';

/** The codes that simulated outlets show. */
export type OutletStatus = (typeof STATUS)[keyof typeof STATUS];

/** Boxes below this number are the operator's test boxes; simulated ones begin here. */
export const FIRST_BOX = 10;

const NOT_INSTALLED_SHARE = 0.03;
const STREAM = 0x6001;

/** Whether an outlet exists at all. It follows from the seed, so that history and live fleet agree. */
export function isInstalled(seed: number, box: number, outlet: number): boolean {
  return !new Random(seed, STREAM, box, outlet).chance(NOT_INSTALLED_SHARE);
}
