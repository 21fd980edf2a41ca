import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { type FluxParts, fluxOfPanel } from './flux.ts';

/** The data sources of grafana/provisioning/datasources. */
export const INFLUXDB = { type: 'influxdb', uid: 'evida-influxdb' } satisfies DataSourceRef;
export const POSTGRES = {
  type: 'grafana-postgresql-datasource',
  uid: 'evida-postgres',
} satisfies DataSourceRef;
/** That of a panel whose targets have each their own. */
export const MIXED = { type: 'datasource', uid: '-- Mixed --' } satisfies DataSourceRef;

export interface FluxTarget {
  readonly refId: string;
  readonly datasource: typeof INFLUXDB;
  readonly query: string;
}

export interface SqlTarget {
  readonly refId: string;
  readonly datasource: typeof POSTGRES;
  readonly rawSql: string;
  readonly rawQuery: true;
  readonly editorMode: 'code';
  readonly format: 'table';
}

export type Target = FluxTarget | SqlTarget;

/** A question to InfluxDB: flux/panels/NAME.flux, with the functions that it calls. */
export function flux(refId: string, name: string, parts?: FluxParts): FluxTarget {
  return { refId, datasource: INFLUXDB, query: fluxOfPanel(name, parts) };
}

/** A question to Postgres, answered as a table: little more than `SELECT ... FROM a view of sql/views WHERE ...`. */
export function sql(refId: string, rawSql: string): SqlTarget {
  return { refId, datasource: POSTGRES, rawSql, rawQuery: true, editorMode: 'code', format: 'table' };
}

/** The data source of a panel with these targets. */
export function datasourceOf(targets: readonly Target[]): DataSourceRef {
  const [first] = targets;
  if (first === undefined) throw new Error('a panel must ask something');
  return targets.every(({ datasource }) => datasource.uid === first.datasource.uid)
    ? first.datasource
    : MIXED;
}
