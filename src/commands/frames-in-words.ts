import { displayNameOf, type Field, type Frame, rowCount, type Value } from '../grafana/frame.ts';
import { inColumns } from './in-columns.ts';

const DECIMALS = 3;

/** The frames of a panel as tables for people, with times by the clock of `timeZone`. */
export function framesInWords(
  frames: readonly Frame[],
  timeZone: string,
  noValue = 'Nothing was found.',
): string {
  const filled = frames.filter((frame) => rowCount(frame) > 0);
  if (filled.length === 0) return noValue;
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return filled.map((frame) => inColumns(frameRows(frame, frames, clock))).join('\n\n');
}

function frameRows(frame: Frame, frames: readonly Frame[], clock: Intl.DateTimeFormat): (string | null)[][] {
  const rows = [...new Array(rowCount(frame)).keys()].map((row) =>
    frame.fields.map((field) => valueInWords(field.values[row], field, clock)),
  );
  return [frame.fields.map((field) => displayNameOf(field, frame, frames)), ...rows];
}

function valueInWords(
  value: Value,
  { type, decimals = DECIMALS }: Field,
  clock: Intl.DateTimeFormat,
): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number') return String(value);
  if (type === 'time') return clock.format(value);
  return String(Number(value.toFixed(Math.min(decimals, 20))));
}

/** The same for scripts: a row is a list of values in the order of the fields, a time is in ISO 8601. */
export function framesAsJson(frames: readonly Frame[]) {
  return frames.map((frame) => ({
    fields: frame.fields.map((field) => ({
      name: displayNameOf(field, frame, frames),
      type: field.type,
      ...(field.unit !== undefined && { unit: field.unit }),
    })),
    rows: [...new Array(rowCount(frame)).keys()].map((row) =>
      frame.fields.map(({ values, type }) => {
        const value = values[row] ?? null;
        return type === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value;
      }),
    ),
  }));
}
