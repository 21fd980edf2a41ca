import pg from 'pg';
import { pino } from 'pino';
import type { SetupConfig } from '../config.ts';
import { EvidaError } from '../errors.ts';
import type { PlannedChange } from '../planned-change.ts';
import { asUnavailable, connect, connectDatabase } from '../postgres/database.ts';
import { planSetup } from './plan-setup.ts';
import { SecretFiles } from './secret-files.ts';

/** The advisory lock that one process that sets up holds from looking to the last change. */
const SETUP_LOCK = 7_305_422_003;

export interface SetupOptions {
  /** The directory in which the secrets are kept. */
  readonly secrets: string;
  /** Only looks, and changes nothing. */
  readonly dryRun: boolean;
  /** Told about each thing, in order, when it is as it should be (or, in a dry run, what would be done). */
  readonly onChange: (change: PlannedChange) => void;
}

/**
 * Makes everything that Evida's servers need, or only looks what there is to do.
 * @throws EvidaError SECRETS_DIRECTORY, POSTGRES_UNAVAILABLE, POSTGRES_REFUSED, INFLUX_UNAVAILABLE, INFLUX_REFUSED,
 *   BLOB_UNAVAILABLE, MIGRATION_CHANGED, MIGRATION_FAILED
 */
export async function setUp(config: SetupConfig, { secrets, dryRun, onChange }: SetupOptions): Promise<void> {
  const files = await SecretFiles.open(secrets, { isReadOnly: dryRun });
  const database = connectDatabase(
    config.DATABASE_ADMIN_URL,
    'evida setup',
    pino({ level: 'silent' }),
    config.DATABASE_CA_FILE,
  );
  try {
    const holder = await connect(database);
    try {
      if (!dryRun) await holder.query('SELECT pg_advisory_lock($1)', [SETUP_LOCK]);
      for (const change of await planSetup(config, database, files)) {
        if (!dryRun) await change.apply?.();
        onChange(change);
      }
    } finally {
      // With its connection, the lock goes.
      holder.release(true);
    }
  } catch (error) {
    throw asRefusal(error);
  } finally {
    await database.end();
  }
}

function asRefusal(error: unknown): unknown {
  const known = asUnavailable(error, 'setting up Postgres');
  if (known instanceof EvidaError || !(error instanceof pg.DatabaseError)) return known;
  return new EvidaError('POSTGRES_REFUSED', {
    operation: 'setting up Postgres',
    cause: error,
    hint: error.code?.startsWith('28')
      ? 'Check user and password in DATABASE_ADMIN_URL.'
      : 'DATABASE_ADMIN_URL must name a role that may create roles and databases, and that owns the database.',
  });
}
