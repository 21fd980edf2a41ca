/** How a field is stored in InfluxDB; the first write decides, so it must never vary. */
export type FieldType = 'float' | 'int' | 'string' | 'bool';

/**
 * What Evida writes: measurement, its bucket, tags in their order, and the type of each field. The one home
 * of the InfluxDB schema (domain.md, "InfluxDB"). Times are milliseconds UTC.
 */
export const MEASUREMENTS = {
  photograph: {
    bucket: 'history',
    tags: ['box', 'outlet'],
    fields: {
      status: 'int',
      current_a: 'float',
      power_factor: 'float',
      voltage_v: 'float',
      energy_kwh: 'float',
      power_w: 'float',
      reason: 'string',
      command: 'int',
      register_reset: 'bool',
      backlog: 'bool',
    },
  },
  connection: { bucket: 'history', tags: ['box'], fields: { online: 'bool', silent: 'bool' } },
  consumption: { bucket: 'telemetry', tags: ['box', 'outlet'], fields: { energy_kwh: 'float' } },
  box_consumption: { bucket: 'telemetry', tags: ['box'], fields: { energy_kwh: 'float' } },
  meter: {
    bucket: 'telemetry',
    tags: ['box'],
    fields: { voltage_v: 'float', current_a: 'float', energy_kwh: 'float' },
  },
} as const satisfies Record<
  string,
  {
    bucket: 'history' | 'telemetry';
    tags: readonly ('box' | 'outlet')[];
    fields: Readonly<Record<string, FieldType>>;
  }
>;

export type Measurement = keyof typeof MEASUREMENTS;

type ValueOf = { float: number; int: number; string: string; bool: boolean };
type TagsOf<M extends Measurement> = { readonly [T in (typeof MEASUREMENTS)[M]['tags'][number]]: number };
type FieldsOf<M extends Measurement> = {
  readonly [F in keyof (typeof MEASUREMENTS)[M]['fields']]?:
    | ((typeof MEASUREMENTS)[M]['fields'][F] extends FieldType
        ? ValueOf[(typeof MEASUREMENTS)[M]['fields'][F]]
        : never)
    | undefined;
};

/** One point on its way to InfluxDB. Fields that are undefined are absent from the point. */
export type PointOf<M extends Measurement> = M extends Measurement
  ? {
      readonly measurement: M;
      readonly tags: TagsOf<M>;
      readonly fields: FieldsOf<M>;
      readonly timeMs: number;
    }
  : never;

export type Point = PointOf<Measurement>;
export type PhotographPoint = PointOf<'photograph'>;

/** A value as a field: unknown ones, NaN in the streams, are absent from a point. */
export function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
