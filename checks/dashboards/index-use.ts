import { z } from 'zod';
import { EXEMPT_TABLES } from './exemptions.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}
const PlanNode: z.ZodType<PlanNode> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  get Plans() {
    return z.array(PlanNode).optional();
  },
});
const Answer = z.tuple([z.tuple([z.object({ Plan: PlanNode })])]);

/**
 * The tables that a query reads from end to end although the planner would rather use any index, in its plan as
 * EXPLAIN (FORMAT JSON) gives it. Tables that stay small are exempt.
 */
export function tablesWithoutIndex(plan: unknown): string[] {
  const [[{ Plan }]] = Answer.parse(plan);
  const names = [...nodesOf(Plan)]
    .filter((node) => node['Node Type'] === 'Seq Scan')
    .map((node) => node['Relation Name'] ?? '');
  return [...new Set(names)].filter((name) => !Object.hasOwn(EXEMPT_TABLES, name));
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}
