import { EvidaError, messageOf } from '../../src/errors.ts';
import { planWithIndexes } from '../../src/grafana/ask-postgres.ts';
import type { Annotation, Dashboard, Panel } from '../../src/grafana/dashboard.ts';
import type { DataSources } from '../../src/grafana/data-sources.ts';
import type { QueryContext } from '../../src/grafana/expand.ts';
import { type Frame, rowCount } from '../../src/grafana/frame.ts';
import {
  type GivenValues,
  type ResolvedVariables,
  resolveVariables,
} from '../../src/grafana/resolve-variables.ts';
import { DEFAULT_POINTS, type QueryRun, runQuery } from '../../src/grafana/run-panel.ts';
import { parseTimeRange } from '../../src/grafana/time-range.ts';
import { transform } from '../../src/grafana/transform.ts';
import { alertFrameProblems } from './alert-frames.ts';
import { type AlertRule, queriesOf } from './alert-rules.ts';
import { type Finding, findings } from './finding.ts';
import { isEmpty, shownProblems, transformationProblems } from './frame-rules.ts';
import { tablesWithoutIndex } from './index-use.ts';

/** How many other values of a variable are tried where the first gives nothing. */
const OTHER_VALUES = 3;

/** What was asked at one place, for the table at the end. */
export interface PlaceRun {
  readonly dashboard: string;
  readonly panel: string;
  readonly queries: number;
  readonly rows: number;
  readonly ms: number;
}

/** Runs every query there is against the servers, and says what is wrong with what comes back. */
export class QueryRunner {
  readonly runs: PlaceRun[] = [];
  readonly findings: Finding[] = [];
  /** The places of all queries: `uid / panel / refId`. */
  readonly asked: string[] = [];
  readonly #sources: DataSources;
  readonly #nowMs: number;
  readonly #signal: AbortSignal;

  constructor(sources: DataSources, nowMs: number, signal: AbortSignal) {
    this.#sources = sources;
    this.#nowMs = nowMs;
    this.#signal = signal;
  }

  /**
   * Its variables in their order, then its panels and annotations with the values with which it opens. What is empty with
   * them is tried with others: the first outlet may have had no session, and a month that has just begun no customers.
   */
  async runDashboard(dashboard: Dashboard): Promise<void> {
    const range = parseTimeRange(dashboard.time, this.#nowMs);
    const context = { range, maxDataPoints: DEFAULT_POINTS };
    const resolve = (given: GivenValues) =>
      this.#attempt(`${dashboard.uid} / variables`, () =>
        resolveVariables(dashboard, given, context, this.#sources, this.#signal),
      );
    const first = await resolve(new Map());
    if (first === undefined) return;
    for (const { name, frame, ...asked } of first.asked) {
      const place = `${dashboard.uid} / variable ${name}`;
      this.asked.push(place);
      await this.#judge(place, { ...asked, frames: [frame] });
      this.runs.push(placeRun(dashboard.uid, `variable ${name}`, [{ ...asked, frames: [frame] }]));
    }
    const contexts: QueryContext[] = [{ ...context, variables: first.values }];
    for (const given of otherValues(first)) {
      const other = await resolve(given);
      if (other !== undefined) contexts.push({ ...context, variables: other.values });
    }
    for (const panel of dashboard.panels) {
      if (panel.targets.length > 0)
        await this.#untilFilled(contexts, (given) => this.#runPanel(dashboard, panel, given));
    }
    for (const annotation of dashboard.annotations.list)
      await this.#untilFilled(contexts, (given) => this.#runAnnotation(dashboard, annotation, given));
  }

  /** Keeps what the first attempt found that is not empty; that of the very first, if all are. */
  async #untilFilled(
    contexts: readonly QueryContext[],
    run: (context: QueryContext) => Promise<PlaceRun>,
  ): Promise<void> {
    const before = this.findings.length;
    const attempts: { readonly run: PlaceRun; readonly found: readonly Finding[] }[] = [];
    for (const context of contexts) {
      const attempt = { run: await run(context), found: this.findings.splice(before) };
      attempts.push(attempt);
      if (!attempt.found.some(({ rule }) => rule === 'empty')) break;
    }
    const kept = attempts.find(({ found }) => !found.some(({ rule }) => rule === 'empty')) ?? attempts[0];
    if (kept === undefined) return;
    this.runs.push(kept.run);
    this.findings.push(...kept.found);
  }

  /** The questions of an alert, for the time that they are about. */
  async runAlert(rule: AlertRule): Promise<void> {
    const place = `alert ${rule.uid}`;
    const runs: QueryRun[] = [];
    for (const { query, relativeTimeRange: ago } of queriesOf(rule)) {
      const range = { fromMs: this.#nowMs - ago.from * 1000, toMs: this.#nowMs - ago.to * 1000 };
      const context = { range, maxDataPoints: DEFAULT_POINTS, variables: new Map() };
      // What finds only what is wrong finds nothing where all is well.
      const run = await this.#runQuery(place, query, context, rule.noDataState === 'OK');
      if (run === undefined) continue;
      runs.push(run);
      this.findings.push(...findings(place, 'fields', alertFrameProblems(run.frames)));
    }
    this.runs.push(placeRun('alerts', rule.uid, runs));
  }

  async #runAnnotation(
    { uid }: Dashboard,
    { name, target }: Annotation,
    context: QueryContext,
  ): Promise<PlaceRun> {
    const place = `${uid} / annotation ${name}`;
    const run = await this.#runQuery(place, target, context);
    this.findings.push(...findings(place, 'fields', run?.frames.flatMap(unmarked) ?? []));
    return placeRun(uid, `annotation ${name}`, run === undefined ? [] : [run]);
  }

  async #runPanel(dashboard: Dashboard, panel: Panel, context: QueryContext): Promise<PlaceRun> {
    const place = `${dashboard.uid} / ${panel.title}`;
    const runs: QueryRun[] = [];
    for (const target of panel.targets) {
      const { maxDataPoints = DEFAULT_POINTS } = panel;
      const run = await this.#runQuery(place, target, { ...context, maxDataPoints });
      if (run !== undefined) runs.push(run);
    }
    // Fields are known only where each query gave some.
    if (runs.length === panel.targets.length && runs.every(({ frames }) => frames.length > 0))
      await this.#attempt(place, () => this.#judgeShown(place, dashboard, panel, runs));
    return placeRun(dashboard.uid, panel.title, runs);
  }

  async #runQuery(
    place: string,
    query: Parameters<typeof runQuery>[0],
    context: QueryContext,
    mayBeEmpty = false,
  ): Promise<QueryRun | undefined> {
    const queryPlace = `${place} / ${query.refId}`;
    this.asked.push(queryPlace);
    const run = await this.#attempt(queryPlace, () => runQuery(query, context, this.#sources, this.#signal));
    if (run !== undefined) await this.#judge(queryPlace, run, mayBeEmpty);
    return run;
  }

  /** That an answer is not empty, and that an index could have served it. */
  async #judge(place: string, { query, expanded, frames }: QueryRun, mayBeEmpty = false): Promise<void> {
    if (isEmpty(frames) && !mayBeEmpty) this.findings.push(...findings(place, 'empty', ['it finds nothing']));
    if (query.language === 'flux') return;
    const plan = await planWithIndexes(this.#sources.database, expanded, this.#signal);
    const tables = tablesWithoutIndex(plan).map(
      (table) => `no index serves it: ${table} is read from end to end`,
    );
    this.findings.push(...findings(place, 'index', tables));
  }

  #judgeShown(place: string, dashboard: Dashboard, panel: Panel, runs: readonly QueryRun[]): void {
    let frames: Frame[] = runs.flatMap((run) => run.frames);
    for (const transformation of panel.transformations) {
      this.findings.push(...findings(place, 'fields', transformationProblems(transformation, frames)));
      frames = transform(frames, transformation);
    }
    this.findings.push(...findings(place, 'fields', shownProblems(dashboard, panel, frames)));
    if (isEmpty(frames) && !runs.some((run) => isEmpty(run.frames)))
      this.findings.push(...findings(place, 'empty', ['its transformations leave nothing to show']));
  }

  /** What is wrong with the dashboard is a finding; a server that is away, or a defect, is not. */
  async #attempt<T>(place: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EvidaError) || error.retryable) throw error;
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      this.findings.push(...findings(place, 'error', [`${messageOf(error)}${hint}`]));
      return undefined;
    }
  }
}

function placeRun(dashboard: string, panel: string, runs: readonly QueryRun[]): PlaceRun {
  const rows = runs.flatMap(({ frames }) => frames.map(rowCount));
  return {
    dashboard,
    panel,
    queries: runs.length,
    rows: rows.reduce((sum, count) => sum + count, 0),
    ms: Math.round(runs.reduce((sum, { ms }) => sum + ms, 0)),
  };
}

/** Each variable that has one value, with others of its values than the one that is set, and the rest as it opens. */
function* otherValues({ values, asked }: ResolvedVariables): Generator<GivenValues> {
  for (const { name, options } of asked) {
    const chosen = values.get(name)?.value;
    if (typeof chosen !== 'string') continue;
    for (const option of options.filter((value) => value !== chosen).slice(0, OTHER_VALUES))
      yield new Map([[name, [option]]]);
  }
}

/** A mark has a time and words. */
function unmarked({ fields }: Frame): string[] {
  return [
    ...(fields.some(({ name, type }) => name === 'time' && type === 'time') ? [] : ['it has no field time']),
    ...(fields.some(({ name, type }) => name === 'text' && type === 'string')
      ? []
      : ['it has no field text']),
  ];
}
