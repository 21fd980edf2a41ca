/** How a field is stored in InfluxDB; the first write decides, so it must never vary. */
export type FieldType = 'float' | 'int' | 'string' | 'bool';

/** How a tag reads in the streams; in InfluxDB all of them are text. */
export const TAG_TYPES = { box: 'number', outlet: 'number', measurement: 'string', day: 'string' } as const;

type Tag = keyof typeof TAG_TYPES;

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
  gap: { bucket: 'history', tags: [], fields: { from: 'int', to: 'int' } },
  write_log: { bucket: 'history', tags: ['measurement', 'day'], fields: { points: 'int' } },
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
    tags: readonly Tag[];
    fields: Readonly<Record<string, FieldType>>;
  }
>;

export type Measurement = keyof typeof MEASUREMENTS;

type ValueOf = { float: number; int: number; string: string; bool: boolean };
type TagValueOf = { number: number; string: string };
type TagsOf<M extends Measurement> = {
  readonly [T in (typeof MEASUREMENTS)[M]['tags'][number]]: TagValueOf[(typeof TAG_TYPES)[T]];
};
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
