import { z } from 'zod';
import type { Dashboard, Panel, Transformation } from '../../src/grafana/dashboard.ts';
import { displayNameOf, type Field, type Frame, rowCount, toRegExp } from '../../src/grafana/frame.ts';
import { overrideMatcher } from '../../src/grafana/overrides.ts';
import { CalculateField } from '../../src/grafana/transformations/calculate-field.ts';
import { FilterByValue } from '../../src/grafana/transformations/filter-by-value.ts';
import { findJoinField, JoinByField } from '../../src/grafana/transformations/join-by-field.ts';
import { Organize } from '../../src/grafana/transformations/organize.ts';
import { RenameByRegex } from '../../src/grafana/transformations/rename-by-regex.ts';
import { SortBy } from '../../src/grafana/transformations/sort-by.ts';
import { repeated } from './finding.ts';
import { linksOf } from './link-rules.ts';

/** What is wrong with a transformation, for the frames that it gets. */
export function transformationProblems({ id, options }: Transformation, frames: readonly Frame[]): string[] {
  const named = namedBy(id, options);
  const names = new Set(
    frames.flatMap((frame) => frame.fields.map((field) => displayNameOf(field, frame, frames))),
  );
  return [
    ...named
      .filter((name) => !names.has(name))
      .map((name) => `${id} names a field ${name}; there are ${[...names].join(', ')}`),
    ...(id === 'joinByField' ? joinProblems(JoinByField.parse(options), frames) : []),
    ...(id === 'calculateField' ? uncountable(named, frames) : []),
    ...(id === 'renameByRegex' ? unmatched(RenameByRegex.parse(options).regex, names) : []),
    ...(id === 'sortBy' ? unsortable(SortBy.parse(options), frames) : []),
  ];
}

/** The fields that a transformation reads. */
function namedBy(id: string, options: unknown): string[] {
  if (id === 'organize') {
    const { excludeByName, indexByName, renameByName } = Organize.parse(options);
    return [...new Set([excludeByName, indexByName, renameByName].flatMap((names) => Object.keys(names)))];
  }
  if (id === 'calculateField') {
    const { left, right } = CalculateField.parse(options).binary;
    return [left, right].flatMap((operand) => ('matcher' in operand ? [operand.matcher.options] : []));
  }
  if (id === 'sortBy') return SortBy.parse(options).sort.map(({ field }) => field);
  return id === 'filterByValue' ? FilterByValue.parse(options).filters.map(({ fieldName }) => fieldName) : [];
}

/** Frames are joined by a field of the same name and type; each of its values stands for one row, and some for several frames. */
function joinProblems({ byField, mode }: z.output<typeof JoinByField>, frames: readonly Frame[]): string[] {
  if (frames.length < 2) return [];
  const keys = frames.map((frame) => ({
    refId: frame.refId ?? '',
    field: findJoinField(frame, frames, byField),
  }));
  const missing = keys.filter(({ field }) => field === undefined);
  const fields = keys.flatMap(({ field, refId }) => (field === undefined ? [] : [{ field, refId }]));
  const types = new Set(fields.map(({ field }) => field.type));
  const names = new Set(fields.map(({ field }) => field.name));
  return [
    ...missing.map(({ refId }) => `joinByField: ${refId} has no field ${byField}`),
    ...(types.size > 1
      ? [
          `joinByField: ${byField} is ${fields.map(({ field, refId }) => `a ${field.type} in ${refId}`).join(', ')}`,
        ]
      : []),
    ...(names.size > 1 ? [`joinByField: ${byField} goes by the names ${[...names].join(', ')}`] : []),
    ...(mode === 'outer' ? fields.flatMap(({ field, refId }) => lostRows(field, refId)) : []),
    ...unmet(fields),
  ];
}

/** Of rows with the same value, an outer join keeps one. */
function lostRows({ name, values }: Field, refId: string): string[] {
  const [first] = repeated(values);
  return first === undefined
    ? []
    : [`joinByField: several rows of ${refId} have the ${name} ${first}, and one of them is kept`];
}

/** The first frame and another with rows have at least one value in common. */
function unmet(keys: readonly { readonly field: Field; readonly refId: string }[]): string[] {
  const [first, ...others] = keys.filter(({ field }) => field.values.length > 0);
  if (first === undefined) return [];
  const values = new Set(first.field.values);
  return others
    .filter(({ field }) => !field.values.some((value) => values.has(value)))
    .map(({ refId }) => `joinByField: no row of ${refId} meets one of ${first.refId}`);
}

/** Grafana would put texts behind each other. */
function uncountable(names: readonly string[], frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) =>
    frame.fields
      .filter((field) => field.type !== 'number' && names.includes(displayNameOf(field, frame, frames)))
      .map(({ name, type }) => `calculateField: ${name} is a ${type}`),
  );
}

function unmatched(regex: string, names: ReadonlySet<string>): string[] {
  const pattern = toRegExp(regex);
  return [...names].some((name) => pattern.test(name)) ? [] : [`renameByRegex: ${regex} matches no field`];
}

/** What an outer join left without a value has no place in an order. */
function unsortable({ sort }: z.output<typeof SortBy>, frames: readonly Frame[]): string[] {
  return sort.flatMap(({ field: name }) =>
    frames.some((frame) =>
      frame.fields.some(
        (field) => displayNameOf(field, frame) === name && field.values.some((value) => value === undefined),
      ),
    )
      ? [`sortBy: ${name} is missing in some rows, and Grafana puts those anywhere`]
      : [],
  );
}

const BarChart = z.object({ xField: z.string().optional() });
const Geomap = z.object({
  layers: z
    .array(
      z.object({
        location: z.object({ latitude: z.string().optional(), longitude: z.string().optional() }).optional(),
        config: z
          .object({
            style: z
              .object({
                color: z.object({ field: z.string().optional() }).optional(),
                text: z.object({ field: z.string().optional() }).optional(),
              })
              .optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});

/** What is wrong with the overrides, options and links of a panel, for the frames that it shows. */
export function shownProblems(dashboard: Dashboard, panel: Panel, frames: readonly Frame[]): string[] {
  const fields = frames.flatMap((frame) => frame.fields.map((field) => ({ field, frame })));
  const names = new Set(
    fields.flatMap(({ field, frame }) => [field.name, displayNameOf(field, frame, frames)]),
  );
  const links = linksOf({ ...dashboard, links: [], panels: [panel] });
  return [
    ...panel.fieldConfig.overrides
      .filter((override) => {
        const matches = overrideMatcher(override);
        return !fields.some(({ field, frame }) => matches(field, frame, frames));
      })
      .map(({ matcher }) => `an override is for ${matcher.options}; there are ${[...names].join(', ')}`),
    ...optionNames(panel)
      .filter((name) => !names.has(name))
      .map((name) => `its options name a field ${name}; there are ${[...names].join(', ')}`),
    ...links
      .flatMap(({ link }) => [...link.url.matchAll(/\$\{__data\.fields(?:\.(\w+)|\["([^"]+)"\])/g)])
      .map(([, plain, quoted]) => plain ?? quoted ?? '')
      .filter((name) => !names.has(name))
      .map((name) => `a link takes a field ${name}; there are ${[...names].join(', ')}`),
    ...(panel.type === 'timeseries' ? frames.flatMap(unplottable) : []),
    ...(panel.type === 'state-timeline' && frames.some((frame) => timeOf(frame) === undefined)
      ? ['a frame has no time']
      : []),
  ];
}

function optionNames({ type, options }: Panel): string[] {
  const named =
    type === 'barchart'
      ? [BarChart.parse(options).xField]
      : type === 'geomap'
        ? Geomap.parse(options).layers.flatMap(({ location, config }) => [
            location?.latitude,
            location?.longitude,
            config?.style?.color?.field,
            config?.style?.text?.field,
          ])
        : [];
  return named.flatMap((name) => name || []);
}

/** Lines are drawn from a time that only goes forward, and numbers. */
function unplottable(frame: Frame): string[] {
  const time = timeOf(frame);
  if (time === undefined) return ['a frame has no time'];
  const times = time.values.map(Number);
  const goesBack = times.findIndex((ms, index) => index > 0 && ms <= (times[index - 1] ?? 0));
  return [
    ...(frame.fields.some(({ type }) => type === 'number') ? [] : ['a frame has no number']),
    ...(goesBack < 0
      ? []
      : [
          `its times do not go forward: ${new Date(times[goesBack] ?? 0).toISOString()} comes after one that is not before it`,
        ]),
  ];
}

function timeOf({ fields }: Frame): Field | undefined {
  return fields.find(({ type }) => type === 'time');
}

/** Whether the frames say nothing: no rows, or rows without any value. */
export function isEmpty(frames: readonly Frame[]): boolean {
  return frames.every(
    (frame) =>
      rowCount(frame) === 0 || frame.fields.every(({ values }) => values.every((value) => value == null)),
  );
}
