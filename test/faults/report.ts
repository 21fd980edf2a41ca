import type { FaultGroup } from './fault.ts';

/** What came of one fault. */
export interface FaultReport {
  readonly group: FaultGroup;
  readonly fault: string;
  /** How often it was inflicted. */
  readonly times: number;
  /** Acknowledged by the broker. */
  readonly messages: number;
  readonly lost: number;
  readonly twice: number;
  readonly longestStallMs: number;
  readonly memoryMb: number;
  readonly seconds: number;
  readonly problems: readonly string[];
}

const COLUMNS: readonly (readonly [title: string, cell: (report: FaultReport) => string])[] = [
  ['times', ({ times }) => String(times)],
  ['messages', ({ messages }) => String(messages)],
  ['lost', ({ lost }) => String(lost)],
  ['twice', ({ twice }) => String(twice)],
  ['longest stall', ({ longestStallMs }) => `${(longestStallMs / 1000).toFixed(1)} s`],
  ['memory', ({ memoryMb }) => (memoryMb === 0 ? '?' : `${memoryMb} MB`)],
];

export function isPassed({ lost, twice, problems }: FaultReport): boolean {
  return lost === 0 && twice === 0 && problems.length === 0;
}

/** A table in Markdown, as docs/reliability.md keeps it, and below it what is not as promised. */
export function toTable(reports: readonly FaultReport[]): string {
  const rows = [
    ['fault', ...COLUMNS.map(([title]) => title)],
    ...reports.map((report) => [report.fault, ...COLUMNS.map(([, cell]) => cell(report))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${column === 0 ? '-' : ':'}`).join('|')}|`;
  const [head = [], ...body] = rows;
  const problems = reports.flatMap(({ fault, problems }) =>
    problems.map((problem) => `- ${fault}: ${problem.replaceAll('\n', '\n  ')}`),
  );
  return [line(head), rule, ...body.map(line), ...(problems.length > 0 ? ['', ...problems] : [])].join('\n');
}
