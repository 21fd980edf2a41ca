import { z } from 'zod';
import { cron, duration, listOf, number, timeZone, url } from './config-types.ts';
import { EvidaError, messageOf } from './errors.ts';

const ROLES = ['photograph', 'utilization', 'analysis', 'backup'] as const;

/** What is known of an environment variable besides its type: it feeds the errors and the docs. */
export interface Documentation {
  readonly meaning: string;
  readonly example: string;
  /** Never shown, and may be given as a file: `NAME_FILE`. */
  readonly secret?: true;
}

export const DOCUMENTATION = z.registry<Documentation>();

/** A variable without a default that is not optional is required. */
function variable<T extends z.ZodType>(type: T, documentation: Documentation): T {
  DOCUMENTATION.add(type, documentation);
  return type;
}

const text = (): z.ZodString => z.string();

/** Every environment variable that Evida reads (domain.md, "Environment"). */
export const VARIABLES = {
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
  }),
  MQTT_CERT_FILE: variable(text().optional(), {
    meaning: 'Client certificate (PEM)',
    example: '/etc/evida/evida.pem',
  }),
  MQTT_KEY_FILE: variable(text().optional(), {
    meaning: 'Key of the client certificate (PEM)',
    example: '/etc/evida/evida.key',
  }),
  MQTT_TOPIC_PREFIX: variable(
    z
      .string()
      .regex(/^[^#+]*$/, 'must not contain + or #')
      .prefault(''),
    { meaning: 'What stands before each topic at this broker', example: 'site-1/' },
  ),
  INFLUX_URL: variable(url('http', 'https'), { meaning: 'InfluxDB 2', example: 'http://localhost:8086' }),
  INFLUX_TOKEN: variable(text(), {
    meaning: 'Token that may read and write the two buckets',
    example: 'secret',
    secret: true,
  }),
  INFLUX_ORG: variable(text().prefault('evida'), { meaning: 'Organisation in InfluxDB', example: 'evida' }),
  INFLUX_TELEMETRY_BUCKET: variable(text().prefault('telemetry'), {
    meaning: 'Bucket of readings',
    example: 'telemetry',
  }),
  INFLUX_TELEMETRY_RETENTION: variable(duration.prefault('0'), {
    meaning: 'How long readings are kept; 0 = for ever',
    example: '365d',
  }),
  INFLUX_HISTORY_BUCKET: variable(text().prefault('history'), {
    meaning: 'Bucket of photographs',
    example: 'history',
  }),
  DATABASE_URL: variable(url('postgres', 'postgresql'), {
    meaning: 'Postgres database of the analytic tables, as their owner',
    example: 'postgres://evida:secret@localhost:5432/evida',
    secret: true,
  }),
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
  EBOOST_DATABASE_URL: variable(url('postgres', 'postgresql'), {
    meaning: 'The Eboost database, as a role that may only read',
    example: 'postgres://reader:secret@eboost.example:5432/eboost',
    secret: true,
  }),
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
  }),
  ANALYSIS_SCHEDULE: variable(cron.prefault('0 * * * *'), {
    meaning: 'When analyses run, in TIME_ZONE',
    example: '0 * * * *',
  }),
  BOX_LIST_SCHEDULE: variable(cron.prefault('0 * * * *'), {
    meaning: 'When the box list is read',
    example: '0 * * * *',
  }),
  PHOTOGRAPH_CURRENT_DEADBAND_A: variable(number(0.001).prefault('1'), {
    meaning: 'Smallest significant change of current, A',
    example: '1',
  }),
  PHOTOGRAPH_POWER_FACTOR_DEADBAND: variable(number(0.001).prefault('10'), {
    meaning: 'Smallest significant change of power factor, percent points',
    example: '10',
  }),
  PHOTOGRAPH_VOLTAGE_DEADBAND_V: variable(number(0.001).prefault('10'), {
    meaning: 'Smallest significant change of voltage, V',
    example: '10',
  }),
  PHOTOGRAPH_ENERGY_DEADBAND_KWH: variable(number(0.000001).prefault('1'), {
    meaning: 'Smallest significant change of energy, kWh',
    example: '1',
  }),
  PHOTOGRAPH_INTERVAL: variable(duration.prefault('30m'), {
    meaning: 'A photograph at least this often while charging',
    example: '30m',
  }),
  PHOTOGRAPH_IDLE_INTERVAL: variable(duration.prefault('24h'), {
    meaning: 'A photograph at least this often otherwise',
    example: '24h',
  }),
  PHOTOGRAPH_SETTLE: variable(duration.prefault('2s'), {
    meaning: 'How long values must rest before a photograph',
    example: '2s',
  }),
  PHOTOGRAPH_SETTLE_MAX: variable(duration.prefault('10s'), {
    meaning: 'A photograph waits at most so long',
    example: '10s',
  }),
  SILENT_AFTER: variable(duration.prefault('10m'), {
    meaning: 'Without a message for so long, an outlet or box is silent',
    example: '10m',
  }),
  UTILIZATION_INTERVAL: variable(duration.prefault('1m'), {
    meaning: 'Consumption is written at most so often',
    example: '1m',
  }),
  ROLES: variable(listOf(ROLES).prefault(ROLES.join(',')), {
    meaning: 'What this process does',
    example: 'photograph,utilization',
  }),
  TIME_ZONE: variable(timeZone.prefault('Asia/Ho_Chi_Minh'), {
    meaning: 'Where business days start',
    example: 'Asia/Ho_Chi_Minh',
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

const SCHEMA = z.object(VARIABLES);

/** The parsed environment; durations in ms. Optional variables that are not set are undefined. */
export type Config = Readonly<z.output<typeof SCHEMA>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the environment once; every error is reported at once.
 * @param readFile reads the file of a `NAME_FILE` variable
 * @throws EvidaError CONFIG_INVALID
 */
export function loadConfig(environment: Environment, readFile: (path: string) => string): Config {
  const given: Record<string, string | undefined> = {};
  const errors = new Map<string, string>();
  for (const [name, type] of Object.entries(VARIABLES)) {
    try {
      given[name] = givenValue(name, type, environment, readFile);
    } catch (error) {
      errors.set(name, `${name}_FILE=${environment[`${name}_FILE`]}: ${messageOf(error)}`);
    }
  }
  const parsed = SCHEMA.safeParse(given);
  if (parsed.success && errors.size === 0) return Object.freeze(parsed.data);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    if (!errors.has(name)) errors.set(name, describe(name, given[name], message));
  }
  throw new EvidaError('CONFIG_INVALID', {
    operation: 'reading the environment',
    problem: [
      `${errors.size} ${errors.size === 1 ? 'variable is' : 'variables are'} missing or wrong`,
      ...errors.values(),
    ].join('\n  '),
    hint: 'Set them in the environment; a secret may also be given as a file, by NAME_FILE.',
  });
}

/** What stands in the environment or in the file of a secret; empty counts as not given. */
function givenValue(
  name: string,
  type: z.ZodType,
  environment: Environment,
  readFile: (path: string) => string,
): string | undefined {
  const value = environment[name] || undefined;
  const file = DOCUMENTATION.get(type)?.secret ? environment[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return value;
  if (value !== undefined) throw new Error(`${name} is set as well; keep one of them`);
  return readFile(file).replace(/\r?\n$/, '') || undefined;
}

function describe(name: string, value: string | undefined, message: string): string {
  const type = new Map<string, z.ZodType>(Object.entries(VARIABLES)).get(name);
  const { meaning, example, secret } = (type && DOCUMENTATION.get(type)) ?? {
    meaning: '',
    example: '',
    secret: true,
  };
  const problem = value === undefined ? 'is missing' : message;
  const shown = value === undefined || secret ? name : `${name}=${value}`;
  return `${shown} ${problem} (${meaning}; example: ${example})`;
}
