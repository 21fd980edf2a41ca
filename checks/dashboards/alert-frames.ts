import { type Frame, rowCount } from '../../src/grafana/frame.ts';
import { repeated } from './finding.ts';

/** An alert takes one table: a number in each row, and texts that tell the rows apart, which become its labels. */
export function alertFrameProblems(frames: readonly Frame[]): string[] {
  if (frames.length > 1) return [`it gives ${frames.length} tables, and an alert takes one`];
  return frames.flatMap((frame) => {
    const numbers = frame.fields.filter(({ type }) => type === 'number');
    const labels = frame.fields.filter(({ type }) => type === 'string');
    const others = frame.fields.filter(({ type }) => type !== 'number' && type !== 'string');
    const rows = [...new Array(rowCount(frame)).keys()].map((row) =>
      labels.map(({ values }) => String(values[row] ?? '')).join(', '),
    );
    return [
      ...(numbers.length === 1 ? [] : [`it gives ${numbers.length} numbers a row, and an alert takes one`]),
      ...others.map(({ name, type }) => `${name} is a ${type}, neither number nor label`),
      ...repeated(rows).map((row) => `several rows have the labels ${row || '(none)'}`),
    ];
  });
}
