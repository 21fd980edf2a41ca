import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startPostgres } from '../src/embedded/postgres.ts';
import { connectDatabase } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { projectFile } from '../src/project-file.ts';
import { describeSchema } from './describe-schema.ts';
import { checkGenerated } from './generated-file.ts';
import { report } from './report.ts';

const LANDED = 'sql/migrations/landed.sha256';

const changed = await changedMigrations();
const files = [{ path: 'sql/schema.sql', content: await schemaOfMigrations() }, await landedMigrations()];
report(
  // A changed migration is never noted anew, also with --write.
  changed.length > 0 ? changed : checkGenerated(files, 'npm run schema'),
  'schema: sql/schema.sql is what the migrations make; none that has landed was changed',
);

/** What a real, empty Postgres holds after all migrations. */
async function schemaOfMigrations(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'evida-schema-'));
  // Postgres of root's runs as another user, which must be able to pass through.
  await chmod(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, durable: false });
  const database = connectDatabase(postgres.adminUrl, 'evida schema', pino({ level: 'silent' }));
  try {
    await migrate(database, projectFile('sql'));
    return await describeSchema(database);
  } finally {
    await database.end();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Migrations whose content is not the one that is noted as landed. */
async function changedMigrations(): Promise<string[]> {
  const noted = await readFile(projectFile(LANDED), 'utf8').catch(() => '');
  const { content } = await landedMigrations();
  const lines = new Set(content.split('\n'));
  return noted
    .split('\n')
    .filter((line) => line !== '' && !lines.has(line))
    .map(
      (line) =>
        `sql/migrations/${line.split('  ')[1]} has landed and must not be changed; put the change into a new one`,
    );
}

/** Each migration with its hash, as sha256sum writes them: what is noted there has landed. */
async function landedMigrations(): Promise<{ path: string; content: string }> {
  const directory = projectFile('sql', 'migrations');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const lines = await Promise.all(
    names.map(
      async (name) =>
        `${createHash('sha256')
          .update(await readFile(join(directory, name)))
          .digest('hex')}  ${name}\n`,
    ),
  );
  return { path: LANDED, content: lines.join('') };
}
