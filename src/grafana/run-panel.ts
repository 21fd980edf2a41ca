import type { Panel, Query } from './dashboard.ts';
import type { DataSources } from './data-sources.ts';
import { expandQuery, type QueryContext } from './expand.ts';
import type { Frame } from './frame.ts';
import { applyFieldConfig } from './overrides.ts';
import { transform } from './transform.ts';

/** As many points as a panel of about this width has pixels. */
export const DEFAULT_POINTS = 1000;

/** A query that was asked. */
export interface QueryRun {
  readonly query: Query;
  /** As it was sent. */
  readonly expanded: string;
  readonly frames: readonly Frame[];
  readonly ms: number;
}

/** @throws EvidaError DASHBOARD_INVALID if the query cannot be expanded; as the data sources do */
export async function runQuery(
  query: Query,
  context: QueryContext,
  sources: DataSources,
  signal?: AbortSignal,
): Promise<QueryRun> {
  const expanded = expandQuery(query, context);
  const startedMs = performance.now();
  const frames = await sources.ask(query.language, expanded, signal);
  return {
    query,
    expanded,
    frames: frames.map((frame) => ({ ...frame, refId: query.refId })),
    ms: performance.now() - startedMs,
  };
}

/**
 * The frames of a panel, as it shows them: the answers to its queries, transformed, with their names and units.
 * @throws EvidaError DASHBOARD_INVALID if Evida does not know something of it; as the data sources do
 */
export async function runPanel(
  { targets, transformations, fieldConfig, maxDataPoints = DEFAULT_POINTS }: Panel,
  context: QueryContext,
  sources: DataSources,
  signal?: AbortSignal,
): Promise<Frame[]> {
  const runs = await Promise.all(
    targets.map((query) => runQuery(query, { ...context, maxDataPoints }, sources, signal)),
  );
  const answered: Frame[] = runs.flatMap(({ frames }) => frames);
  return applyFieldConfig(
    transformations.reduce((frames, transformation) => transform(frames, transformation), answered),
    fieldConfig,
  );
}
