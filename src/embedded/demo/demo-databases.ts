import pg from 'pg';
import type { PostgresPart } from '../postgres.ts';

/** Makes the databases `evida` and `eboost` unless they exist, empty; the addresses are their administrator's. */
export async function createDemoDatabases(
  postgres: PostgresPart,
): Promise<{ evidaUrl: string; eboostUrl: string }> {
  const client = new pg.Client(postgres.adminUrl);
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE datname IN ('evida', 'eboost')`,
    );
    const names = new Set(rows.map(({ datname }) => String(datname)));
    if (!names.has('evida')) await client.query('CREATE DATABASE evida');
    if (!names.has('eboost')) await client.query('CREATE DATABASE eboost');
  } finally {
    await client.end();
  }
  return { evidaUrl: postgres.databaseUrl('evida'), eboostUrl: postgres.databaseUrl('eboost') };
}
