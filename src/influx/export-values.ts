import {
  chunksToLinesIterable,
  createTextDecoderCombiner,
  type InfluxDB,
  LineSplitter,
} from '@influxdata/influxdb-client';
import { EvidaError } from '../errors.ts';
import { defineFlux } from './flux.ts';
import { asInfluxError } from './influx-error.ts';

const values = defineFlux('queries/values.flux', {
  bucket: 'string',
  measurement: 'string',
  from: 'time',
  to: 'time',
});

const CHUNK_CHARS = 1 << 16;
/** What every row has besides the tags of its series. */
const NO_TAGS = new Set(['', 'result', 'table', '_time', '_value', '_field']);

/**
 * The values of a measurement in [fromMs, toMs) as lines of line protocol, one a field of a point, series by series and in
 * the order of time: the same values are the same text. Tags and types are those that the bucket has, whatever they are.
 * Comes in pieces of many lines, each with its line end.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED, INFLUX_ANSWER
 */
export type ExportValues = (
  bucket: string,
  measurement: string,
  fromMs: number,
  toMs: number,
  signal: AbortSignal,
) => AsyncGenerator<ExportedLines>;

export interface ExportedLines {
  readonly text: string;
  readonly values: number;
}

export function createExportValues(influx: InfluxDB, org: string): ExportValues {
  return async function* (bucket, measurement, fromMs, toMs, signal) {
    const query = values({ bucket, measurement, from: fromMs, to: toMs });
    const dialect = { header: true, delimiter: ',', annotations: ['datatype'] };
    // The transport leaves its listener behind: on a signal of this query's own, which goes with it.
    const own = AbortSignal.any([signal]);
    try {
      const chunks = influx.transport.iterate(
        `/api/v2/query?org=${encodeURIComponent(org)}`,
        JSON.stringify({ query, type: 'flux', dialect }),
        { method: 'POST', headers: { 'content-type': 'application/json' }, signal: own },
      );
      const reader = new ValueReader(measurement);
      let text = '';
      let count = 0;
      for await (const row of chunksToLinesIterable(chunks, createTextDecoderCombiner())) {
        const line = reader.read(row);
        if (line === undefined) continue;
        text += line;
        count++;
        if (text.length < CHUNK_CHARS) continue;
        yield { text, values: count };
        text = '';
        count = 0;
      }
      // An answer that was cut off by the signal ends as if it were whole.
      signal.throwIfAborted();
      if (count > 0) yield { text, values: count };
    } catch (error) {
      signal.throwIfAborted();
      throw asInfluxError(error, `reading ${measurement} of bucket ${bucket}`);
    }
  };
}

type Format = (value: string) => string;

const FORMATS: Readonly<Record<string, Format>> = {
  double: (value) => value,
  long: (value) => `${value}i`,
  unsignedLong: (value) => `${value}u`,
  boolean: (value) => value,
  string: (value) => `"${value.replace(/[\\"]/g, '\\$&')}"`,
};

/** Reads the rows of annotated CSV one after the other; what is the same for all rows of a table is put together once. */
class ValueReader {
  readonly #measurement: string;
  readonly #splitter = new LineSplitter();
  #types: readonly string[] = [];
  #columns: readonly string[] = [];
  #at = { table: -1, time: -1, value: -1, field: -1 };
  #isHeader = false;
  #table: string | undefined;
  #prefix = '';
  #format: Format = FORMATS.double ?? String;

  constructor(measurement: string) {
    this.#measurement = escaped(measurement, /[, ]/g);
  }

  /** Undefined for rows that hold no value. */
  read(row: string): string | undefined {
    if (row === '') return undefined;
    const cells = row.includes('"') ? this.#splitter.splitLine(row) : row.split(',');
    if (row.startsWith('#datatype')) {
      this.#types = cells;
      this.#isHeader = true;
      return undefined;
    }
    if (this.#isHeader) {
      this.#begin(cells);
      return undefined;
    }
    const table = cells[this.#at.table];
    if (table === undefined || this.#columns.length === 0) throw refused(cells);
    if (table !== this.#table) this.#beginTable(table, cells);
    const timeMs = Date.parse(cells[this.#at.time] ?? '');
    if (Number.isNaN(timeMs)) throw refused(cells);
    return `${this.#prefix}${this.#format(cells[this.#at.value] ?? '')} ${timeMs}\n`;
  }

  #begin(columns: readonly string[]): void {
    this.#isHeader = false;
    this.#table = undefined;
    this.#columns = columns;
    this.#at = {
      table: columns.indexOf('table'),
      time: columns.indexOf('_time'),
      value: columns.indexOf('_value'),
      field: columns.indexOf('_field'),
    };
    if (columns.includes('error')) this.#columns = [];
    const format = FORMATS[this.#types[this.#at.value] ?? ''];
    if (format !== undefined) this.#format = format;
    else this.#columns = [];
  }

  #beginTable(table: string, cells: readonly string[]): void {
    this.#table = table;
    const tags = this.#columns
      .map((name, index) => [name, cells[index] ?? ''] as const)
      .filter(([name, value]) => !NO_TAGS.has(name) && value !== '')
      .map(([name, value]) => `,${escaped(name, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`);
    this.#prefix = `${this.#measurement}${tags.join('')} ${escaped(cells[this.#at.field] ?? '', /[,= ]/g)}=`;
  }
}

function escaped(text: string, what: RegExp): string {
  return text.replace(what, '\\$&');
}

function refused(cells: readonly string[]): EvidaError {
  return new EvidaError('INFLUX_ANSWER', {
    operation: 'reading values',
    problem: `InfluxDB answered ${cells
      .filter((cell) => cell !== '')
      .join(', ')
      .slice(0, 200)}`,
  });
}
