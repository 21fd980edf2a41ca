/** A number that is not known. Every value of an outlet, a meter or a clock is at least 0. */
export const UNKNOWN = -1;
