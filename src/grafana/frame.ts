export type FieldType = 'time' | 'number' | 'string' | 'boolean';

/** A time is ms UTC. An outer join leaves undefined where a frame has no row. */
export type Value = string | number | boolean | null | undefined;

/** A column. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly values: readonly Value[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly displayName?: string;
  readonly unit?: string;
  readonly decimals?: number;
}

/** A table, as the panels of Grafana get it. */
export interface Frame {
  /** Of the query that it answers. */
  readonly refId?: string;
  readonly name?: string;
  readonly fields: readonly Field[];
}

export function rowCount({ fields }: Frame): number {
  return fields[0]?.values.length ?? 0;
}

/** Time series have their value in a field of this name, unless its measurement's field has one. */
export const VALUE = 'Value';

/** What a field is called in its panel: transformations, overrides and legends go by it. */
export function displayNameOf(field: Field, frame: Frame, frames: readonly Frame[] = [frame]): string {
  if (field.displayName) return field.displayName;
  if (field.type === 'time' && field.labels === undefined) return field.name;
  const namesDiffer = frames.some(({ name }) => name !== frames[0]?.name);
  const parts: string[] = [];
  if (namesDiffer && frame.name) parts.push(frame.name);
  if (field.name !== VALUE) parts.push(field.name);
  const labels = labelsInWords(field, frames);
  if (labels) parts.push(labels);
  if (!labels && field.name === VALUE && frame.name && !parts.includes(frame.name)) parts.push(frame.name);
  const name = parts.join(' ') || field.name;
  return name === field.name ? uniqueName(field, frame) : name;
}

/** Whether a field goes by this name; `time` and `Time` stand for any time field. */
export function isNamed(field: Field, name: string, frame: Frame, frames: readonly Frame[]): boolean {
  if (name === field.name || name === displayNameOf(field, frame, frames)) return true;
  return field.type === 'time' && (name === 'time' || name === 'Time');
}

/** `1` where the only label of all frames is the outlet, `{box="12", outlet="1"}` otherwise. */
function labelsInWords({ labels = {} }: Field, frames: readonly Frame[]): string {
  const names = new Set(
    frames.flatMap(({ fields }) => fields.flatMap((field) => Object.keys(field.labels ?? {}))),
  );
  const [only = ''] = names;
  if (names.size === 1) return labels[only] ?? '';
  const words = Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labels[name]}"`);
  return words.length === 0 ? '' : `{${words.join(', ')}}`;
}

/** Fields of the same name in one frame are counted. */
function uniqueName(field: Field, { fields }: Frame): string {
  const same = fields.filter(({ name }) => name === field.name);
  return same.length > 1 ? `${field.name} ${same.indexOf(field) + 1}` : field.name;
}

/** The rows of a frame in this order, by their indexes. */
export function pickRows(frame: Frame, rows: readonly number[]): Frame {
  return {
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row]) })),
  };
}

/** A regular expression as Grafana writes it: `/words/i`, or words that must be the whole. */
export function toRegExp(text: string): RegExp {
  const [, source, flags] = /^\/(.*?)\/(g?i?m?y?s?)$/.exec(text) ?? [];
  return source === undefined ? new RegExp(`^${text}$`) : new RegExp(source, flags);
}
