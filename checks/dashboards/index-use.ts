import { z } from 'zod';
import { EXEMPT_TABLES } from './exemptions.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string | undefined;
  readonly 'Index Cond'?: string | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}
const PlanNode: z.ZodType<PlanNode> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Cond': z.string().optional(),
  get Plans() {
    return z.array(PlanNode).optional();
  },
});
const Answer = z.tuple([z.tuple([z.object({ Plan: PlanNode })])]);

/**
 * The tables that a query reads from end to end although the planner would rather use any index, in its plan as
 * EXPLAIN (FORMAT JSON) gives it. An index that is followed without a condition is no help either, unless it is left after the
 * first rows. Tables that stay small are exempt.
 */
export function tablesWithoutIndex(plan: unknown): string[] {
  const [[{ Plan }]] = Answer.parse(plan);
  const tables = [...tablesReadWhole(Plan)];
  return [...new Set(tables)].filter((name) => !Object.hasOwn(EXEMPT_TABLES, name));
}

function* tablesReadWhole(node: PlanNode, isLimited = false): Generator<string> {
  const { 'Node Type': type, 'Relation Name': table = '', 'Index Cond': condition } = node;
  const isWalk = /^Index (Only )?Scan$/.test(type) && condition === undefined && !isLimited;
  if (type === 'Seq Scan' || isWalk) yield table;
  for (const child of node.Plans ?? []) yield* tablesReadWhole(child, isLimited || type === 'Limit');
}
