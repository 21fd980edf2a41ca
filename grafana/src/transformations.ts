import type { DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';

/** One row for each value of a field that all frames have, by the same name and type: `outer` keeps those of one frame only. */
export function joinByField(byField: string, mode: 'outer' | 'inner'): DataTransformerConfig {
  return { id: 'joinByField', options: { byField, mode } };
}

/** The fields in the order in which they are named here, with their new names; `null` leaves one out. */
export function organize(fields: Readonly<Record<string, string | null>>): DataTransformerConfig {
  const names = Object.keys(fields);
  const kept = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(
        names.filter((name) => fields[name] === null).map((name) => [name, true]),
      ),
      indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
      renameByName: Object.fromEntries(kept.filter(([name, newName]) => name !== newName)),
    },
  };
}

/** The rows in which a field has a value. */
export function withValue(field: string): DataTransformerConfig {
  const isNotNull = { fieldName: field, config: { id: 'isNotNull', options: {} } };
  return { id: 'filterByValue', options: { type: 'include', match: 'all', filters: [isNotNull] } };
}

export function sortBy(field: string, order: 'ascending' | 'descending'): DataTransformerConfig {
  return { id: 'sortBy', options: { fields: {}, sort: [{ field, desc: order === 'descending' }] } };
}

/** A new field, computed row by row from two others. */
export function calculate(
  alias: string,
  left: string,
  operator: '+' | '-' | '*' | '/',
  right: string,
): DataTransformerConfig {
  return {
    id: 'calculateField',
    options: {
      mode: 'binary',
      alias,
      replaceFields: false,
      binary: {
        left: { matcher: { id: 'byName', options: left } },
        operator,
        right: { matcher: { id: 'byName', options: right } },
      },
    },
  };
}
