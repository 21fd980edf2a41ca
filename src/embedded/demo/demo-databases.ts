import pg from 'pg';
import type { PostgresPart } from '../postgres.ts';

/** The addresses of the demo's two databases, both as their owners. */
export interface DemoDatabases {
  readonly evidaUrl: string;
  readonly eboostUrl: string;
}

/** Makes the databases `evida`, owned by a role of its own, and `eboost`, unless they exist. */
export async function createDemoDatabases(postgres: PostgresPart, password: string): Promise<DemoDatabases> {
  const client = new pg.Client(postgres.adminUrl);
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE datname IN ('evida', 'eboost')`,
    );
    const names = new Set(rows.map(({ datname }) => String(datname)));
    if (!names.has('evida')) {
      await client.query('DROP ROLE IF EXISTS evida');
      await client.query(`CREATE ROLE evida LOGIN PASSWORD ${client.escapeLiteral(password)}`);
      await client.query('CREATE DATABASE evida OWNER evida');
    }
    if (!names.has('eboost')) await client.query('CREATE DATABASE eboost');
  } finally {
    await client.end();
  }
  const evidaUrl = new URL(postgres.databaseUrl('evida'));
  evidaUrl.username = 'evida';
  evidaUrl.password = password;
  return { evidaUrl: evidaUrl.href, eboostUrl: postgres.databaseUrl('eboost') };
}
