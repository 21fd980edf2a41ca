import type { Rule } from '@grafana/grafana-foundation-sdk/alerting';
import type { TypeThreshold } from '@grafana/grafana-foundation-sdk/expr';
import type { Range } from '../limits.ts';
import type { FluxTarget, SqlTarget } from '../targets.ts';

/** `page`: somebody has to look at once. `ticket`: somebody has to look on the next working day. */
type Severity = 'page' | 'ticket';
export type Condition = TypeThreshold['conditions'][number]['evaluator'];

/** What becomes of an alert whose question finds nothing, or cannot be answered. */
export type WithoutAnswer = Pick<Rule, 'noDataState' | 'execErrState'>;

/**
 * The question only finds what is wrong, so that a large fleet does not make an alert of each box that is well: nothing found
 * is well. While the question cannot be answered nothing new is known; that it cannot is told by the rules about Evida.
 */
export const FINDS_WHAT_IS_WRONG: WithoutAnswer = { noDataState: 'OK', execErrState: 'KeepLast' };
/** Something is always found while Evida works, so silence is the worst that can be; and so is a server that is away. */
export const FINDS_SOMETHING_ALWAYS: WithoutAnswer = { noDataState: 'Alerting', execErrState: 'Alerting' };
/** The same, where another rule that asks the same server tells that it is away. */
export const TOLD_BY_ANOTHER: WithoutAnswer = { noDataState: 'Alerting', execErrState: 'KeepLast' };

/** One alert rule. */
export interface AlertRule {
  /** Stable: it is also the anchor of its page in docs/handbook/alerts.md. */
  readonly uid: string;
  readonly title: string;
  readonly severity: Severity;
  /** One table: a number a row, and texts that tell the rows apart, which become labels. */
  readonly question: FluxTarget | SqlTarget;
  /** When that number is wrong. */
  readonly condition: Condition;
  /** How long it has to be wrong, such as `5m`. */
  readonly for: string;
  readonly withoutAnswer: WithoutAnswer;
  /** In one line; `{{ $labels.box }}` is a label, `{{ $values.A.Value }}` the number. */
  readonly summary: string;
  /** What that means. */
  readonly description: string;
}

/** Rules that are evaluated together. */
export interface AlertGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly AlertRule[];
}

export const above = (limit: number): Condition => ({ type: 'gt', params: [limit] });
export const outside = ({ lowest, highest }: Range): Condition => ({
  type: 'outside_range',
  params: [lowest, highest],
});
