import { MEASUREMENTS } from '../../streams/point.ts';
import { isMeasurement, measurementOf, timeOf } from './line-protocol.ts';
import type { PointSource, SourcePoint } from './point-source.ts';

/** One request carries at most so many points, or so many bytes of lines. */
const MOST_POINTS = 5000;
const MOST_BYTES = 1024 * 1024;
/** The last time that has a date. */
const MOST_TIME_MS = 8.64e15;

/** Points that are answered for together: consecutive ones of the log, by the bucket that they go to. */
export interface Batch {
  readonly telemetry: readonly SourcePoint[];
  readonly history: readonly SourcePoint[];
  /** Lines that are not points as Evida writes them: of a later version, perhaps. */
  readonly strange: readonly SourcePoint[];
  /** The last sequence that is done with once these points are. */
  readonly through: number;
  /** Of all lines, with their line ends. */
  readonly bytes: number;
  readonly points: number;
  /** The earliest and the latest time of its points, ms UTC; undefined if none has a time. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** There was more than it may hold. */
  readonly isFull: boolean;
}

/** Cuts what a source gives into batches. */
export class BatchReader {
  readonly #source: PointSource;
  /** What was read and is in no batch yet. */
  #ahead: readonly SourcePoint[] = [];
  #next = 0;

  constructor(source: PointSource) {
    this.#source = source;
  }

  /** All that there is now, at most one batch; if there is nothing, without points. */
  async read(): Promise<Batch> {
    const points: SourcePoint[] = [];
    let bytes = 0;
    for (;;) {
      for (let point = this.#ahead[this.#next]; point !== undefined; point = this.#ahead[++this.#next]) {
        const more = point.line.length + 1;
        if (points.length === MOST_POINTS || (points.length > 0 && bytes + more > MOST_BYTES)) {
          return toBatch(points, bytes, points.at(-1)?.sequence ?? 0, true);
        }
        points.push(point);
        bytes += more;
      }
      this.#next = 0;
      this.#ahead = await this.#source.next(Math.max(1, MOST_BYTES - bytes));
      if (this.#ahead.length === 0) return toBatch(points, bytes, this.#source.position, false);
    }
  }
}

function toBatch(points: readonly SourcePoint[], bytes: number, through: number, isFull: boolean): Batch {
  const telemetry: SourcePoint[] = [];
  const history: SourcePoint[] = [];
  const strange: SourcePoint[] = [];
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const measurement = measurementOf(point.line);
    const timeMs = timeOf(point.line);
    if (!isMeasurement(measurement) || !isTime(timeMs)) {
      strange.push(point);
      continue;
    }
    (MEASUREMENTS[measurement].bucket === 'telemetry' ? telemetry : history).push(point);
    if (timeMs < fromMs) fromMs = timeMs;
    if (timeMs > toMs) toMs = timeMs;
  }
  const span = fromMs <= toMs ? { fromMs, toMs } : undefined;
  return { telemetry, history, strange, through, bytes, points: points.length, span, isFull };
}

function isTime(ms: number): boolean {
  return Number.isInteger(ms) && Math.abs(ms) <= MOST_TIME_MS;
}

/** Whether two batches hold points of the same tags and time: then the later one must be written later, since it wins. */
export function overlap(earlier: Batch, later: Batch): boolean {
  if (earlier.span === undefined || later.span === undefined) return false;
  const fromMs = Math.max(earlier.span.fromMs, later.span.fromMs);
  const toMs = Math.min(earlier.span.toMs, later.span.toMs);
  if (fromMs > toMs) return false;
  const isCommon = ({ line }: SourcePoint) => {
    const timeMs = timeOf(line);
    return timeMs >= fromMs && timeMs <= toMs;
  };
  const keys = new Set(pointsOf(earlier).filter(isCommon).map(keyOf));
  return pointsOf(later).some((point) => isCommon(point) && keys.has(keyOf(point)));
}

function pointsOf({ telemetry, history }: Batch): SourcePoint[] {
  return [...telemetry, ...history];
}

/** Measurement, tags and time, without the fields: what InfluxDB tells points apart by. */
function keyOf({ line }: SourcePoint): string {
  return line.slice(0, line.indexOf(' ')) + line.slice(line.lastIndexOf(' '));
}
