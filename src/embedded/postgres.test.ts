import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { runAs } from './postgres/system-user.ts';
import { type PostgresPart, startPostgres } from './postgres.ts';

describe('startPostgres', () => {
  let directory: string;
  let dataDir: string;
  let postgres: PostgresPart;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-postgres-'));
    await chmod(directory, 0o711);
    dataDir = join(directory, 'part');
    postgres = await startPostgres({ dataDir, durable: false });
  });

  after(async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function query(sql: string, connectionString = postgres.adminUrl): Promise<unknown[][]> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }
  const setting = async (name: string) => (await query(`show ${name}`))[0]?.[0];

  it('says which version runs, and where, without its password', () => {
    expect(postgres.version).to.match(/^18\.\d+$/);
    expect(postgres.address).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('stores UTF-8, sorts by code point on every machine alike, and keeps time in UTC', async () => {
    expect(await setting('server_encoding')).to.equal('UTF8');
    expect(await setting('timezone')).to.equal('UTC');
    expect(await setting('data_checksums')).to.equal('on');
    expect(
      await query(`select string_agg(v, '' order by v) from unnest(array['b', 'ä', 'a', 'B']) v`),
    ).to.deep.equal([['Babä']]);
    expect(await query(`select upper('đ')`)).to.deep.equal([['Đ']]);
  });

  it('listens nowhere but on the loopback address, and asks for the password', async () => {
    expect(await setting('listen_addresses')).to.equal('127.0.0.1');
    expect(await setting('unix_socket_directories')).to.equal('');
    const wrong = new URL(postgres.adminUrl);
    wrong.password = 'wrong';
    const error = await query('select 1', wrong.href).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.contains('password authentication failed');
    expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).to.equal(0o600);
  });

  it('gives the address of any database', async () => {
    await query('create database "odd name"');
    expect(await query('select current_database()', postgres.databaseUrl('odd name'))).to.deep.equal([
      ['odd name'],
    ]);
  });

  it('starts again over the postmaster.pid of a killed server whose number is somebody else’s by now', async () => {
    const before = postgres.adminUrl;
    await postgres.stop();
    await writeFile(
      join(dataDir, 'data', 'postmaster.pid'),
      `${process.pid}\n${dataDir}/data\n1700000000\n5432\n`,
    );
    postgres = await startPostgres({ dataDir, durable: false });

    expect(new URL(postgres.adminUrl).password).to.equal(new URL(before).password);
    expect(await query('select 1')).to.deep.equal([[1]]);
  });

  it('reaches data in a private directory of root’s, though it runs as another user', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const closed = join(directory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const part = await startPostgres({ dataDir: join(closed, 'part'), durable: false });
    try {
      const client = new pg.Client(part.adminUrl);
      await client.connect();
      await client.query('CREATE TABLE kept (id integer)');
      await client.end();
    } finally {
      await part.stop();
    }
  });

  it('says what to do where root’s server cannot reach its data and there is no setpriv', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const closed = join(directory, 'closed', 'part');
    const user = { uid: 65_534, gid: 65_534 };
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      const error = await runAs(user, '/bin/sh', closed).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'EMBEDDED_START');
      expect(error).to.have.property('message').that.contains(`cannot reach ${closed}`);
      expect(error)
        .to.have.property('hint')
        .that.contains('setpriv')
        .and.contains('out of the private directory');
    } finally {
      process.env.PATH = path;
    }
  });
});
