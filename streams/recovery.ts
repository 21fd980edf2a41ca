import { connectionOf, connectionPoint } from './connection-point.ts';
import type { ConnectionReducer } from './connection-reducer.ts';
import { gapPoint } from './gap-point.ts';
import { foldRecorded } from './keyed-reducer.ts';
import type { Observation } from './observation.ts';
import { photographOf, photographPoint } from './photograph-point.ts';
import type { PhotographReducer } from './photograph-reducer.ts';
import { MEASUREMENTS, type Point } from './point.ts';
import { utilizationPoint, utilizationSampleOf } from './utilization-point.ts';
import type { UtilizationReducer } from './utilization-reducer.ts';

/** The reducers of the roles that a process has. */
export interface Reducers {
  readonly photographs?: PhotographReducer;
  readonly connections?: ConnectionReducer;
  readonly utilization?: UtilizationReducer;
}

/** A point that folding the log has decided, and that has not been found in it so far. */
interface Expected {
  readonly point: Point;
  /** Its place among all that was expected. */
  readonly order: number;
}

/**
 * Brings reducers to where a log ends. The log is linear: what was observed stands in it in its order, each point before
 * what was observed after it was decided. Folding an observation decides points anew that must follow in the log; any
 * other point was decided by a timer, and is taken over as it is. What does not follow was torn off the log's end.
 */
export class Recovery {
  readonly #reducers: Reducers;
  /** By series. */
  readonly #expected = new Map<string, Expected[]>();
  #order = 0;

  /** @param reducers new ones, or with the state of a snapshot */
  constructor(reducers: Reducers) {
    this.#reducers = reducers;
  }

  /** The log says that this was observed. */
  observe(observation: Observation): void {
    const { photographs, connections, utilization } = this.#reducers;
    if (observation.kind === 'unobserved') this.#expect(gapPoint(observation));
    if (photographs !== undefined)
      foldRecorded(photographs, observation, (photograph) => this.#expect(photographPoint(photograph)));
    if (connections !== undefined)
      foldRecorded(connections, observation, (connection) => this.#expect(connectionPoint(connection)));
    if (utilization !== undefined)
      foldRecorded(utilization, observation, (sample) => this.#expect(utilizationPoint(sample)));
  }

  /** The log, or InfluxDB, says that this was recorded. Points of other reducers say nothing. */
  record(point: Point): void {
    if (!this.#confirm(point)) this.#recall(point);
  }

  /** What was decided and is not in the log: it is to be recorded now; the reducers know it already. */
  pending(): Point[] {
    return [...this.#expected.values()]
      .flat()
      .sort((one, other) => one.order - other.order)
      .map(({ point }) => point);
  }

  #expect(point: Point): void {
    const series = seriesOf(point);
    const expected = this.#expected.get(series) ?? [];
    expected.push({ point, order: this.#order++ });
    this.#expected.set(series, expected);
  }

  /**
   * Whether the point was expected. What stood before it in its series was decided otherwise then, by other settings or
   * another version: what is recorded holds.
   */
  #confirm(point: Point): boolean {
    const series = seriesOf(point);
    const expected = this.#expected.get(series);
    if (expected === undefined) return false;
    const at = expected.findIndex((one) => isSame(one.point, point));
    if (at < 0 || at === expected.length - 1) this.#expected.delete(series);
    else expected.splice(0, at + 1);
    return at >= 0;
  }

  #recall(point: Point): void {
    const { photographs, connections, utilization } = this.#reducers;
    switch (point.measurement) {
      case 'photograph': {
        const photograph = photographOf(point);
        if (photograph !== undefined) photographs?.recall(photograph);
        break;
      }
      case 'connection': {
        const connection = connectionOf(point);
        if (connection !== undefined) connections?.recall(connection);
        break;
      }
      case 'consumption':
      case 'box_consumption':
      case 'meter':
        utilization?.recall(utilizationSampleOf(point));
        break;
      case 'gap':
      case 'write_log':
        break;
    }
  }
}

/** Measurement and tags: of one series, the points have an order. */
function seriesOf({ measurement, tags }: Point): string {
  const values: Readonly<Record<string, number | string>> = tags;
  return [measurement, ...MEASUREMENTS[measurement].tags.map((tag) => values[tag])].join();
}

function isSame(one: Point, other: Point): boolean {
  const fields: Readonly<Record<string, unknown>> = one.fields;
  const others: Readonly<Record<string, unknown>> = other.fields;
  return (
    one.timeMs === other.timeMs &&
    Object.keys(MEASUREMENTS[one.measurement].fields).every((field) => fields[field] === others[field])
  );
}
