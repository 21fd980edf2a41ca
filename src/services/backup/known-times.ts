import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import type { ExportedLines } from '../../influx/export-values.ts';

const SERIES = /^((?:\\.|[^ \\])+ (?:\\.|[^=\\])+)=/;

/** Series, field and time of a line that an export wrote. */
function keyOf(line: string): { readonly series: string; readonly time: string } {
  return { series: SERIES.exec(line)?.[1] ?? line, time: line.slice(line.lastIndexOf(' ') + 1) };
}

/** Which values a bucket has, kept on the disk; in memory are only those of the series that was asked for last. */
export class KnownTimes {
  readonly #file: string;
  /** Where each series begins and ends in the file: its lines follow each other. */
  readonly #series: ReadonlyMap<string, { readonly start: number; end: number }>;
  #current: { readonly series: string; readonly times: ReadonlySet<string> } | undefined;

  private constructor(file: string, series: ReadonlyMap<string, { readonly start: number; end: number }>) {
    this.#file = file;
    this.#series = series;
  }

  static async keep(exported: AsyncIterable<ExportedLines>, file: string): Promise<KnownTimes> {
    await pipeline(exported, textOf, createWriteStream(file, { mode: 0o600 }));
    const series = new Map<string, { readonly start: number; end: number }>();
    let at = 0;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const start = at;
      at += Buffer.byteLength(line) + 1;
      const { series: name } = keyOf(line);
      const span = series.get(name);
      if (span === undefined) series.set(name, { start, end: at });
      else span.end = at;
    }
    return new KnownTimes(file, series);
  }

  async has(line: string): Promise<boolean> {
    const { series, time } = keyOf(line);
    if (this.#current?.series !== series) this.#current = { series, times: await this.#timesOf(series) };
    return this.#current.times.has(time);
  }

  async #timesOf(series: string): Promise<ReadonlySet<string>> {
    const span = this.#series.get(series);
    if (span === undefined) return new Set();
    const text: Buffer[] = [];
    for await (const chunk of createReadStream(this.#file, { start: span.start, end: span.end - 1 }))
      text.push(chunk);
    const lines = Buffer.concat(text).toString().split('\n');
    return new Set(lines.filter((line) => keyOf(line).series === series).map((line) => keyOf(line).time));
  }
}

async function* textOf(pieces: AsyncIterable<ExportedLines>): AsyncGenerator<string> {
  for await (const { text } of pieces) yield text;
}
