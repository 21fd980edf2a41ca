import pg from 'pg';
import { z } from 'zod';
import type { SetupConfig } from '../config.ts';
import { EvidaError } from '../errors.ts';
import { findBucket, findOrgId } from '../influx/buckets.ts';
import { createInflux } from '../influx/connect.ts';
import { statusOf } from '../influx/influx-error.ts';
import type { TokenWanted } from '../influx/tokens.ts';
import { databaseConnection } from '../postgres/database.ts';

const CONNECT_WITHIN_MS = 10_000;
/** Wrong password, or no such role, or one that may not log in or connect. */
const NOT_LET_IN = new Set(['28P01', '28000', '42501', '3D000']);
const Session = z.object({ role: z.string(), database: z.string() });

/** The administrator's address for another role. @throws EvidaError CONFIG_INVALID if it has no place for one */
export function databaseAddress(adminUrl: string, role: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = password;
  if (url.username === role && url.password === password) return url.href;
  throw new EvidaError('CONFIG_INVALID', {
    operation: 'making an address for another role of DATABASE_ADMIN_URL',
    problem: 'an address without a host has no place for user and password',
    hint: 'Give the server by host and port: postgres://user:password@host:5432/database',
  });
}

/** Whether a kept address still lets the role in, at the administrator's server: it may have moved. */
export async function isDatabaseAddressOf(
  kept: string,
  adminUrl: string,
  role: string,
  ca?: string,
): Promise<boolean> {
  if (!URL.canParse(kept)) return false;
  const { username, password } = new URL(kept);
  const connectionString = databaseAddress(
    adminUrl,
    decodeURIComponent(username),
    decodeURIComponent(password),
  );
  const client = new pg.Client({
    ...databaseConnection(connectionString, ca),
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query('SELECT current_user AS role, current_database() AS database');
    return Session.parse(rows[0]).role === role;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code !== undefined && NOT_LET_IN.has(error.code))
      return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Whether a kept token still sees the history bucket; that of rehearsals, the organisation, which the others do not. */
export async function isTokenOf(
  kept: string,
  kind: TokenWanted['kind'],
  config: SetupConfig,
): Promise<boolean> {
  const influx = createInflux(config, kept);
  const org = config.INFLUX_ORG;
  try {
    if (kind === 'rehearsal') return (await findOrgId(influx, org)) !== undefined;
    return (await findBucket(influx, org, config.INFLUX_HISTORY_BUCKET)) !== undefined;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}
