import {
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from './settings.ts';
import { POSTGRES } from './targets.ts';

/** A fixed value that queries read as `${name}`; nobody sees or changes it. */
function constant(name: string, value: string, description: string): VariableModel {
  return {
    type: VariableType.Constant,
    name,
    description,
    hide: VariableHide.HideVariable,
    skipUrlSync: true,
    query: value,
    current: { text: value, value },
  };
}

interface Chosen {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** Gives `__value` and `__text`, or one column for both. */
  readonly query: string;
  /** Several values may be chosen, or all: then all of them reach the query. */
  readonly multi?: boolean;
  readonly hidden?: boolean;
}

/** A variable whose values Postgres tells, anew with each change of the time range. */
export function chosen({
  name,
  label,
  description,
  query,
  multi = false,
  hidden = false,
}: Chosen): VariableModel {
  return {
    type: VariableType.Query,
    name,
    label,
    description,
    datasource: POSTGRES,
    query,
    definition: query,
    refresh: VariableRefresh.OnTimeRangeChanged,
    multi,
    includeAll: multi,
    hide: hidden ? VariableHide.HideVariable : VariableHide.DontHide,
    ...(multi && { current: { text: ['All'], value: ['$__all'] } }),
  };
}

/** Where business days start, as the analysis has it; the same as the tables of Postgres. */
export function timeZone({ TIME_ZONE }: Settings): VariableModel {
  return chosen({
    name: 'time_zone',
    label: 'Time zone',
    description: 'Where business days start (TIME_ZONE)',
    query: `SELECT coalesce(max(value), '${TIME_ZONE}') FROM analysis_setting WHERE name = 'time_zone'`,
    hidden: true,
  });
}

export function historyBucket({ INFLUX_HISTORY_BUCKET }: Settings): VariableModel {
  return constant(
    'history_bucket',
    INFLUX_HISTORY_BUCKET,
    'The bucket of photographs (INFLUX_HISTORY_BUCKET)',
  );
}

export function telemetryBucket({ INFLUX_TELEMETRY_BUCKET }: Settings): VariableModel {
  return constant(
    'telemetry_bucket',
    INFLUX_TELEMETRY_BUCKET,
    'The bucket of readings (INFLUX_TELEMETRY_BUCKET)',
  );
}

export function operationsBucket({ INFLUX_OPERATIONS_BUCKET }: Settings): VariableModel {
  return constant(
    'operations_bucket',
    INFLUX_OPERATIONS_BUCKET,
    'The bucket of what Evida says of itself (INFLUX_OPERATIONS_BUCKET)',
  );
}

/** The place of a box, where the variables city and district are. */
export const IN_PLACE = `city = ANY (ARRAY[\${city:sqlstring}]::text[]) AND district = ANY (ARRAY[\${district:sqlstring}]::text[])`;

/** City, and the districts of it. */
export const PLACE: readonly VariableModel[] = [
  chosen({
    name: 'city',
    label: 'City',
    description: 'Boxes in these cities',
    query: 'SELECT DISTINCT city FROM box_place ORDER BY city',
    multi: true,
  }),
  chosen({
    name: 'district',
    label: 'District',
    description: 'Boxes in these districts of them',
    query:
      'SELECT DISTINCT district FROM box_place WHERE city = ANY (ARRAY[${city:sqlstring}]::text[]) ORDER BY district',
    multi: true,
  }),
];

const BOXES_OF_PLACES = `SELECT box::text AS __value, label AS __text FROM box_place WHERE ${IN_PLACE} ORDER BY box`;

/** One box of these places. */
export const BOX = chosen({
  name: 'box',
  label: 'Box',
  description: 'One box of these districts',
  query: BOXES_OF_PLACES,
});

/** One or several boxes of these places, all of them at first. */
export const BOXES = chosen({
  name: 'box',
  label: 'Box',
  description: 'Boxes of these districts',
  query: BOXES_OF_PLACES,
  multi: true,
});

/** Rows of these boxes. */
export const IN_BOXES = isChosen('box', 'integer');

/** Rows of this outlet. */
export const IN_OUTLET = isChosen('outlet', 'smallint');

/** One outlet of that box. */
export const OUTLET = chosen({
  name: 'outlet',
  label: 'Outlet',
  description: 'An installed outlet of this box',
  query: `SELECT outlet::text FROM installed_outlet WHERE ${IN_BOXES} ORDER BY outlet`,
});

/** Whether a number is among the values of the variable of its name; never, where there are none to choose from. */
function isChosen(column: string, type: 'integer' | 'smallint'): string {
  return `${column} = ANY (array_remove(ARRAY[\${${column}:sqlstring}]::text[], '')::${type}[])`;
}
