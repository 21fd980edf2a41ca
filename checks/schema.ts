import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startPostgres } from '../src/embedded/postgres.ts';
import { connectDatabase } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { projectFile } from '../src/project-file.ts';
import { describeSchema, undescribed } from './describe-schema.ts';
import { checkGenerated } from './generated-file.ts';
import { changedMigrations, notedMigrations } from './landed-migrations.ts';
import { report } from './report.ts';

const { description, others } = await schemaOfMigrations();
const wrong = [
  ...changedMigrations(projectFile()),
  ...others.map(
    (other) => `${other}: sql/schema.sql would not show it; describe it in checks/describe-schema.ts first`,
  ),
];
const files = [{ path: 'sql/schema.sql', content: description }, notedMigrations(projectFile())];
report(
  // What is wrong is never written down, also with --write.
  wrong.length > 0 ? wrong : checkGenerated(files, 'npm run schema'),
  'schema: sql/schema.sql is what the migrations make; none that has landed was changed',
);

/** What a real, empty Postgres holds after all migrations. */
async function schemaOfMigrations(): Promise<{ description: string; others: string[] }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'evida-schema-'));
  // Postgres of root's runs as another user, which must be able to pass through.
  await chmod(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, durable: false });
  const database = connectDatabase(postgres.adminUrl, 'evida schema', pino({ level: 'silent' }), undefined);
  try {
    await migrate(database, projectFile('sql'));
    return { description: await describeSchema(database), others: await undescribed(database) };
  } finally {
    await database.end();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
