import { EvidaError } from '../errors.ts';
import type { FieldConfig } from './dashboard.ts';
import { displayNameOf, type Field, type Frame, isNamed, toRegExp } from './frame.ts';

/** Whether an override is for a field. */
type Matches = (field: Field, frame: Frame, frames: readonly Frame[]) => boolean;

const MATCHERS: Readonly<Record<string, (options: string) => Matches>> = {
  byName: (name) => (field, frame, frames) => isNamed(field, name, frame, frames),
  byRegexp: (pattern) => {
    const regExp = toRegExp(pattern);
    return (field, frame, frames) => regExp.test(displayNameOf(field, frame, frames));
  },
  byType: (type) => (field) => field.type === type,
  byFrameRefID: (refId) => (_field, frame) => frame.refId === refId,
};

/** @throws EvidaError DASHBOARD_INVALID if it goes by something that Evida does not know */
export function overrideMatcher({ matcher: { id, options } }: FieldConfig['overrides'][number]): Matches {
  const create = Object.hasOwn(MATCHERS, id) ? MATCHERS[id] : undefined;
  if (create !== undefined && typeof options === 'string') return create(options);
  throw new EvidaError('DASHBOARD_INVALID', {
    operation: 'reading the overrides of a panel',
    problem: `there is no matcher ${id} of ${JSON.stringify(options)}`,
    hint: `Known ones: ${Object.keys(MATCHERS).join(', ')}, each of a text.`,
  });
}

/**
 * The frames as the panel shows them: its names, units and decimals of fields.
 * @throws EvidaError DASHBOARD_INVALID if an override goes by something that Evida does not know
 */
export function applyFieldConfig(frames: readonly Frame[], { defaults, overrides }: FieldConfig): Frame[] {
  const rules = overrides.map((override) => ({ ...override, matches: overrideMatcher(override) }));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const properties = rules
        .filter(({ matches }) => matches(field, frame, frames))
        .flatMap((rule) => rule.properties);
      const own = (id: string) => properties.findLast((property) => property.id === id)?.value;
      const displayName = own('displayName') ?? field.displayName ?? defaults.displayName;
      const unit = own('unit') ?? defaults.unit;
      const decimals = own('decimals') ?? defaults.decimals;
      return {
        ...field,
        ...(typeof displayName === 'string' && { displayName: withFieldNames(displayName, field, frame) }),
        ...(typeof unit === 'string' && { unit }),
        ...(typeof decimals === 'number' && { decimals }),
      };
    }),
  }));
}

/** Names in field names: `Outlet ${__field.labels.outlet}`. */
function withFieldNames(text: string, field: Field, frame: Frame): string {
  return text.replace(/\$\{__(field|series)\.([\w.]+)\}/g, (match, of: string, path: string) => {
    if (of === 'field' && path === 'name') return field.name;
    if (of === 'series' && path === 'name') return frame.name ?? '';
    const [, label] = /^labels\.(\w+)$/.exec(path) ?? [];
    if (of === 'field' && label !== undefined) return field.labels?.[label] ?? '';
    throw new EvidaError('DASHBOARD_INVALID', {
      operation: 'naming the fields of a panel',
      problem: `${match} is nothing that Evida knows`,
      hint: 'Known ones: ${__field.name}, ${__field.labels.NAME}, ${__series.name}.',
    });
  });
}
