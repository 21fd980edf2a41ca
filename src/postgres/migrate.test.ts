import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { useWorld } from '../../test/fixture/world.ts';
import { EvidaError } from '../errors.ts';
import { migrate } from './migrate.ts';

const run = promisify(execFile);

describe('migrate', () => {
  const world = useWorld();
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-migrate-'));
    await Promise.all(['migrations', 'views'].map((name) => mkdir(join(directory, name))));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function failure(): Promise<EvidaError> {
    const error: unknown = await migrate(world().eboost, directory).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error instanceof EvidaError) return error;
    throw new Error(`expected an EvidaError, got ${error}`);
  }

  const write = (name: string, sql: string) => writeFile(join(directory, name), sql);

  it('runs each migration once, in the order of their numbers, and lays the views anew', async () => {
    await write('migrations/0002-b.sql', 'ALTER TABLE a ADD COLUMN b integer');
    await write('migrations/0001-a.sql', 'CREATE TABLE a (id integer)');
    await write('views/v.sql', 'CREATE OR REPLACE VIEW v AS SELECT b FROM a');
    expect(await migrate(world().eboost, directory)).to.deep.equal(['0001-a', '0002-b', 'view/v']);
    expect(await migrate(world().eboost, directory)).to.deep.equal([]);
    expect((await world().eboost.query('SELECT * FROM v')).fields.map(({ name }) => name)).to.deep.equal([
      'b',
    ]);
  });

  it('lays a view anew when its file has changed', async () => {
    await write('migrations/0001-a.sql', 'CREATE TABLE a (id integer)');
    await write('migrations/0002-b.sql', 'ALTER TABLE a ADD COLUMN b integer');
    await write('views/v.sql', 'CREATE OR REPLACE VIEW v AS SELECT b, id FROM a');
    expect(await migrate(world().eboost, directory)).to.deep.equal(['view/v']);
  });

  it('refuses a migration that was changed after it ran', async () => {
    await write('migrations/0001-a.sql', 'SELECT 2');
    expect(await failure()).to.include({ code: 'MIGRATION_CHANGED', exitCode: 1 });
  });

  it('does nothing at all if one of several migrations fails', async () => {
    await write('migrations/0003-c.sql', 'CREATE TABLE c (id integer)');
    await write('migrations/0004-d.sql', 'CREATE NONSENSE');
    const error = await failure();
    expect(error).to.include({ code: 'MIGRATION_FAILED' });
    expect(error.message).to.contain('0004-d').and.to.contain('syntax error');
    expect((await world().eboost.query(`SELECT to_regclass('c') AS c`)).rows).to.deep.equal([{ c: null }]);
  });

  it('runs each migration once when twenty processes start at the same time', async function () {
    this.timeout(60_000);
    // Fails where it runs a second time.
    await write('migrations/0005-e.sql', 'CREATE TABLE e (id integer)');
    const script = fileURLToPath(new URL('../../test/fixture/migrate-process.ts', import.meta.url));
    const env = { PATH: process.env.PATH, DATABASE_URL: world().eboostUrl, SQL_DIRECTORY: directory };
    const ran = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { stdout } = await run(process.execPath, ['--import=tsx', script], { env });
        return JSON.parse(stdout);
      }),
    );
    expect(ran).to.have.length(20);
    expect(ran.flat()).to.deep.equal(['0005-e']);
  });
});
