/** Something that is wrong with a dashboard or an alert rule. */
export interface Finding {
  /** `evida-fleet / Map`. */
  readonly place: string;
  /** The rule that it breaks, in a word. */
  readonly rule: string;
  readonly problem: string;
}

/** Findings of one rule at one place. */
export function findings(place: string, rule: string, problems: readonly string[]): Finding[] {
  return problems.map((problem) => ({ place, rule, problem }));
}

/** The values that come more than once. */
export function repeated<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
