import { z } from 'zod';
import { cron, databaseUrl, duration, listOf, number, port, size, timeZone, url } from './config-types.ts';

const ROLES = ['photograph', 'utilization', 'analysis', 'backup'] as const;

/** What is known of an environment variable besides its type: it feeds the errors and the docs. */
export interface Documentation {
  readonly meaning: string;
  readonly example: string;
  readonly unit?: string;
  /** Never shown, and may be given as a file: `NAME_FILE`. */
  readonly secret?: true;
  /** Names a file; the value is what it holds. */
  readonly isFile?: true;
}

/** The documentation of each variable, by its type. */
export const DOCUMENTATION = z.registry<Documentation>();

/** A variable without a default that is not optional is required. */
function variable<T extends z.ZodType>(type: T, documentation: Documentation): T {
  DOCUMENTATION.add(type, documentation);
  return type;
}

const text = (): z.ZodString => z.string();

const MQTT = {
  MQTT_URL: variable(url('mqtt', 'mqtts', 'ws', 'wss'), {
    meaning: 'The MQTT broker',
    example: 'mqtts://broker.example:8883',
  }),
  MQTT_USERNAME: variable(text().optional(), { meaning: 'User at the broker', example: 'evida' }),
  MQTT_PASSWORD: variable(text().optional(), {
    meaning: 'Password at the broker',
    example: 'secret',
    secret: true,
  }),
  MQTT_CLIENT_ID: variable(text().prefault('evida'), {
    meaning: 'Client id at the broker; one a process',
    example: 'evida-1',
  }),
  MQTT_CA_FILE: variable(text().optional(), {
    meaning: 'Certificates that the broker is checked by (PEM)',
    example: '/etc/evida/ca.pem',
    isFile: true,
  }),
  MQTT_CERT_FILE: variable(text().optional(), {
    meaning: 'Client certificate (PEM)',
    example: '/etc/evida/evida.pem',
    isFile: true,
  }),
  MQTT_KEY_FILE: variable(text().optional(), {
    meaning: 'Key of the client certificate (PEM)',
    example: '/etc/evida/evida.key',
    isFile: true,
  }),
  MQTT_TOPIC_PREFIX: variable(
    z
      .string()
      .regex(/^[^#+]*$/, 'must not contain + or #')
      .prefault(''),
    { meaning: 'What stands before each topic at this broker', example: 'site-1/' },
  ),
  MQTT_SESSION_EXPIRY: variable(duration(1000).prefault('7d'), {
    meaning: 'How long the broker keeps what arrives while Evida is away (MQTT 5)',
    example: '7d',
    unit: 'duration',
  }),
};

const INFLUXDB = {
  INFLUX_URL: variable(url('http', 'https'), { meaning: 'InfluxDB 2', example: 'http://localhost:8086' }),
  INFLUX_CA_FILE: variable(text().optional(), {
    meaning: 'Certificates that InfluxDB is checked by, where INFLUX_URL is https (PEM)',
    example: '/etc/evida/ca.pem',
    isFile: true,
  }),
  INFLUX_TOKEN: variable(text(), {
    meaning: 'Token that may read and write the three buckets',
    example: 'secret',
    secret: true,
  }),
  INFLUX_READER_TOKEN: variable(text().optional(), {
    meaning: 'Token that may only read, for `evida panel`; INFLUX_TOKEN if not given',
    example: 'secret',
    secret: true,
  }),
  INFLUX_ORG: variable(text().prefault('evida'), { meaning: 'Organisation in InfluxDB', example: 'evida' }),
  INFLUX_TELEMETRY_BUCKET: variable(text().prefault('telemetry'), {
    meaning: 'Bucket of readings',
    example: 'telemetry',
  }),
  INFLUX_TELEMETRY_RETENTION: variable(duration(0).prefault('0'), {
    meaning: 'How long readings are kept; 0 = for ever',
    example: '365d',
    unit: 'duration',
  }),
  INFLUX_HISTORY_BUCKET: variable(text().prefault('history'), {
    meaning: 'Bucket of photographs',
    example: 'history',
  }),
  INFLUX_OPERATIONS_BUCKET: variable(text().prefault('operations'), {
    meaning: 'Bucket of what Evida says of itself, for the dashboard and the alerts',
    example: 'operations',
  }),
  INFLUX_OPERATIONS_RETENTION: variable(duration(0).prefault('30d'), {
    meaning: 'How long that is kept; 0 = for ever',
    example: '30d',
    unit: 'duration',
  }),
};

const POSTGRES = {
  DATABASE_URL: variable(databaseUrl(), {
    meaning: 'Postgres database of the analytic tables, as a role that may change their rows',
    example: 'postgres://evida:secret@localhost:5432/evida',
    secret: true,
  }),
  DATABASE_READER_URL: variable(databaseUrl().optional(), {
    meaning: 'The same database, as a role that may only read, for `evida panel`; DATABASE_URL if not given',
    example: 'postgres://evida_reader:secret@localhost:5432/evida',
    secret: true,
  }),
  DATABASE_CA_FILE: variable(text().optional(), {
    meaning: 'Certificates that Postgres is checked by, name and all, whatever sslmode says (PEM)',
    example: '/etc/evida/ca.pem',
    isFile: true,
  }),
};

const EBOOST = {
  EBOOST_API_URL: variable(url('http', 'https'), {
    meaning: 'The Eboost API',
    example: 'https://api.eboost.example',
  }),
  EBOOST_API_USERNAME: variable(text(), { meaning: 'User of the Eboost API', example: 'evida' }),
  EBOOST_API_PASSWORD: variable(text(), {
    meaning: 'Password of the Eboost API',
    example: 'secret',
    secret: true,
  }),
  EBOOST_DATABASE_URL: variable(databaseUrl(), {
    meaning: 'The Eboost database, as a role that may only read',
    example: 'postgres://reader:secret@eboost.example:5432/eboost',
    secret: true,
  }),
  EBOOST_DATABASE_CA_FILE: variable(text().optional(), {
    meaning: 'The same as DATABASE_CA_FILE, for the Eboost database',
    example: '/etc/evida/eboost-ca.pem',
    isFile: true,
  }),
  BOX_LIST_SCHEDULE: variable(cron.prefault('0 * * * *'), {
    meaning: 'When the box list is read',
    example: '0 * * * *',
    unit: 'cron',
  }),
};

const PHOTOGRAPHS = {
  PHOTOGRAPH_CURRENT_DEADBAND_A: variable(number(0.001).prefault('1'), {
    meaning: 'Smallest significant change of current',
    example: '1',
    unit: 'A',
  }),
  PHOTOGRAPH_POWER_FACTOR_DEADBAND: variable(number(0.001).prefault('10'), {
    meaning: 'Smallest significant change of power factor',
    example: '10',
    unit: 'percent points',
  }),
  PHOTOGRAPH_VOLTAGE_DEADBAND_V: variable(number(0.001).prefault('10'), {
    meaning: 'Smallest significant change of voltage',
    example: '10',
    unit: 'V',
  }),
  PHOTOGRAPH_ENERGY_DEADBAND_KWH: variable(number(0.000001).prefault('1'), {
    meaning: 'Smallest significant change of energy',
    example: '1',
    unit: 'kWh',
  }),
  PHOTOGRAPH_INTERVAL: variable(duration(1000).prefault('30m'), {
    meaning: 'A photograph at least this often while charging',
    example: '30m',
    unit: 'duration',
  }),
  PHOTOGRAPH_IDLE_INTERVAL: variable(duration(1000).prefault('24h'), {
    meaning: 'A photograph at least this often otherwise',
    example: '24h',
    unit: 'duration',
  }),
  PHOTOGRAPH_SETTLE: variable(duration(0).prefault('2s'), {
    meaning: 'How long values must rest before a photograph',
    example: '2s',
    unit: 'duration',
  }),
  PHOTOGRAPH_SETTLE_MAX: variable(duration(0).prefault('10s'), {
    meaning: 'A photograph waits at most so long',
    example: '10s',
    unit: 'duration',
  }),
  PHOTOGRAPH_CHANGE_MIN_INTERVAL: variable(duration(0).prefault('0s'), {
    meaning: 'At most one change or draw of an outlet in so long, for a sensor that chatters',
    example: '1m',
    unit: 'duration',
  }),
  SILENT_AFTER: variable(duration(1000).prefault('10m'), {
    meaning: 'Without a message for so long, an outlet or box is silent',
    example: '10m',
    unit: 'duration',
  }),
};

const UTILIZATION = {
  UTILIZATION_INTERVAL: variable(duration(0).prefault('1m'), {
    meaning: 'Consumption is written at most so often',
    example: '1m',
    unit: 'duration',
  }),
};

const whole = (min: number) => number(min).refine(Number.isInteger, 'must be a whole number');

const ANALYSIS = {
  ANALYSIS_SCHEDULE: variable(cron.prefault('0 * * * *'), {
    meaning: 'When analyses run, in TIME_ZONE',
    example: '0 * * * *',
    unit: 'cron',
  }),
  TIME_ZONE: variable(timeZone.prefault('Asia/Ho_Chi_Minh'), {
    meaning: 'Where business days start',
    example: 'Asia/Ho_Chi_Minh',
  }),
  FIRST_BOX: variable(whole(0).prefault('10'), {
    meaning: 'Boxes of lower numbers are test boxes, and in no table',
    example: '10',
  }),
  EVENT_MIN_KWH: variable(number(0).prefault('0.005'), {
    meaning: 'A transaction of more energy is a charging event',
    example: '0.005',
    unit: 'kWh',
  }),
  EVENT_MIN_PAID_KWH: variable(number(0).prefault('0.001'), {
    meaning: 'One of more energy is, too, if it costs anything',
    example: '0.001',
    unit: 'kWh',
  }),
  SESSION_MERGE_GAP: variable(duration(0).prefault('2m'), {
    meaning: 'A metered session goes on if charging does within so long',
    example: '2m',
    unit: 'duration',
  }),
  SESSION_ABANDONED_AFTER: variable(duration(60_000).prefault('24h'), {
    meaning: 'A metered session ends at its last photograph if none comes for so long',
    example: '24h',
    unit: 'duration',
  }),
  RECONCILIATION_TOLERANCE_KWH: variable(number(0).prefault('0.05'), {
    meaning: 'Metered and billed energy agree within so much',
    example: '0.05',
    unit: 'kWh',
  }),
  RECONCILIATION_TOLERANCE_SHARE: variable(number(0).prefault('0.05'), {
    meaning: 'They agree, too, within this part of what was billed',
    example: '0.05',
  }),
  UTILIZATION_EVENTS_PER_OUTLET: variable(number(1).prefault('40'), {
    meaning: 'As many charging events a month of an active outlet are a utilization_by_events of 100 percent',
    example: '40',
  }),
  FREQUENT_MIN_EVENTS: variable(number(1).prefault('20'), {
    meaning: 'A customer with as many charging events in a month is Frequent',
    example: '20',
  }),
  OCCASIONAL_MIN_EVENTS: variable(number(1).prefault('10'), {
    meaning: 'One with as many is Occasional, with fewer Rare',
    example: '10',
  }),
  HIGH_ENERGY_KWH: variable(number(0).prefault('1.5'), {
    meaning: 'A customer of as much energy a charging event is High',
    example: '1.5',
    unit: 'kWh',
  }),
  HALVED_SHARE: variable(number(0).prefault('0.5'), {
    meaning: 'A customer with at most this part of the charging events of the month before is halved',
    example: '0.5',
  }),
  INACTIVE_MONTHS: variable(whole(1).prefault('12'), {
    meaning: 'A customer without charging events this month, but in as many before, is inactive',
    example: '12',
    unit: 'months',
  }),
  LOYAL_MIN_EVENTS: variable(whole(1).prefault('10'), {
    meaning: 'A loyal customer has as many charging events in a month',
    example: '10',
  }),
  LOYAL_MIN_WEEKS: variable(whole(1).prefault('4'), {
    meaning: 'and at least one in each of so many ISO weeks',
    example: '4',
    unit: 'weeks',
  }),
};

/** What the definitions of the analytic tables depend on. */
export const DEFINITIONS = ANALYSIS;

const BACKUP = {
  AZURE_STORAGE_CONNECTION_STRING: variable(text(), {
    meaning: 'Storage account of the backups',
    example:
      'DefaultEndpointsProtocol=https;AccountName=evida;AccountKey=...;EndpointSuffix=core.windows.net',
    secret: true,
  }),
  BACKUP_CONTAINER: variable(text().prefault('evida-backup'), {
    meaning: 'Blob container of the backups',
    example: 'evida-backup',
  }),
  BACKUP_SCHEDULE: variable(cron.prefault('0 0 * * *'), {
    meaning: 'When backups run, in TIME_ZONE',
    example: '0 0 * * *',
    unit: 'cron',
  }),
  BACKUP_KEY_FILE: variable(text().optional(), {
    meaning: 'Key that backups are encrypted with before they leave: 32 bytes in base64 or hex',
    example: '/etc/evida/backup.key',
    isFile: true,
  }),
  BACKUP_TRAILING_DAYS: variable(number(1).prefault('3'), {
    meaning: 'How many days up to today are always copied again',
    example: '3',
    unit: 'days',
  }),
  REHEARSAL_SCHEDULE: variable(cron.prefault('0 3 * * 0'), {
    meaning: 'When the latest backup is restored to look whether it can be, in TIME_ZONE',
    example: '0 3 * * 0',
    unit: 'cron',
  }),
  REHEARSAL_DATABASE_URL: variable(databaseUrl().optional(), {
    meaning:
      'Where rehearsals make their database, as a role that may, by DATABASE_CA_FILE; that of DATABASE_URL if not given',
    example: 'postgres://rehearsal:secret@localhost:5432/postgres',
    secret: true,
  }),
  REHEARSAL_INFLUX_TOKEN: variable(text().optional(), {
    meaning: 'Token that may make the buckets of rehearsals; INFLUX_TOKEN if not given',
    example: 'secret',
    secret: true,
  }),
};

const DELIVERY = {
  JOURNAL_MAX: variable(size(2 ** 24).prefault('4GB'), {
    meaning: 'How large the log may grow; when it is full, messages wait at the broker',
    example: '4GB',
    unit: 'size',
  }),
  JOURNAL_KEEP: variable(duration(0).prefault('24h'), {
    meaning: 'How long the log is kept for `evida replay`, if JOURNAL_MAX allows',
    example: '24h',
    unit: 'duration',
  }),
  DEAD_LETTERS_MAX: variable(size(2 ** 20).prefault('64MB'), {
    meaning: 'How much of what could not be used is kept; the oldest goes first',
    example: '64MB',
    unit: 'size',
  }),
};

const PROCESS = {
  ROLES: variable(listOf(ROLES).prefault(ROLES.join(',')), {
    meaning: 'What this process does',
    example: 'photograph,utilization',
  }),
  DATA_DIR: variable(text().prefault('.evida/data'), {
    meaning: 'Directory of what must survive a restart; one a process',
    example: '/var/lib/evida',
  }),
  HTTP_HOST: variable(text().prefault('127.0.0.1'), {
    meaning: 'Address on which /metrics, /healthz, /readyz and /status are served',
    example: '0.0.0.0',
  }),
  HTTP_PORT: variable(port.prefault('8080'), {
    meaning: 'Port of the same; 0 = any free one',
    example: '8080',
  }),
  LOG_LEVEL: variable(
    z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error').prefault('info'),
    { meaning: 'What is logged', example: 'info' },
  ),
  LOG_FORMAT: variable(z.enum(['json', 'text'], 'must be json or text').prefault('json'), {
    meaning: 'Log lines for machines or for people',
    example: 'text',
  }),
};

/** What only `evida setup` needs: rights that Evida itself should not have. */
export const SETUP = {
  INFLUX_ADMIN_TOKEN: variable(text(), {
    meaning: 'Token that may create buckets, tasks and tokens',
    example: 'secret',
    secret: true,
  }),
  DATABASE_ADMIN_URL: variable(databaseUrl(), {
    meaning: 'The database of the analytic tables, as a role that may create roles',
    example: 'postgres://postgres:secret@localhost:5432/evida',
    secret: true,
  }),
};

/** Every environment variable that Evida reads when it runs (docs/configuration.md), by section. */
export const SECTIONS = {
  'The MQTT broker': MQTT,
  InfluxDB: INFLUXDB,
  Postgres: POSTGRES,
  Eboost: EBOOST,
  Photographs: PHOTOGRAPHS,
  Utilization: UTILIZATION,
  Analysis: ANALYSIS,
  Backup: BACKUP,
  Delivery: DELIVERY,
  'The process': PROCESS,
};

export const VARIABLES = {
  ...MQTT,
  ...INFLUXDB,
  ...POSTGRES,
  ...EBOOST,
  ...PHOTOGRAPHS,
  ...UTILIZATION,
  ...ANALYSIS,
  ...BACKUP,
  ...DELIVERY,
  ...PROCESS,
};

/** By what is recorded, and when: `evida thresholds`. */
export const THRESHOLDS = { ...PHOTOGRAPHS, ...UTILIZATION };

/** The variables of `evida setup`: its own rights, and the names of what it sets up. */
export const SETUP_VARIABLES = {
  ...SETUP,
  DATABASE_CA_FILE: POSTGRES.DATABASE_CA_FILE,
  INFLUX_URL: INFLUXDB.INFLUX_URL,
  INFLUX_CA_FILE: INFLUXDB.INFLUX_CA_FILE,
  INFLUX_ORG: INFLUXDB.INFLUX_ORG,
  INFLUX_TELEMETRY_BUCKET: INFLUXDB.INFLUX_TELEMETRY_BUCKET,
  INFLUX_TELEMETRY_RETENTION: INFLUXDB.INFLUX_TELEMETRY_RETENTION,
  INFLUX_HISTORY_BUCKET: INFLUXDB.INFLUX_HISTORY_BUCKET,
  INFLUX_OPERATIONS_BUCKET: INFLUXDB.INFLUX_OPERATIONS_BUCKET,
  INFLUX_OPERATIONS_RETENTION: INFLUXDB.INFLUX_OPERATIONS_RETENTION,
  AZURE_STORAGE_CONNECTION_STRING: BACKUP.AZURE_STORAGE_CONNECTION_STRING,
  BACKUP_CONTAINER: BACKUP.BACKUP_CONTAINER,
};
