import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { until } from '../src/embedded/until.ts';
import { DOCUMENTATION, VARIABLES } from '../src/variables.ts';
import { runEvida, startEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

/** How long an Evida may take until it has used each of its secrets. */
const WITHIN_MS = 60_000;
const Line = z.object({ url: z.string().optional() });

/** Recognisable, and in the form that each variable must have. Nowhere are they right. */
const WRONG: Readonly<Record<string, string>> = {
  MQTT_PASSWORD: 'known-mqtt-password',
  INFLUX_TOKEN: 'known-influx-token',
  INFLUX_READER_TOKEN: 'known-influx-reader-token',
  DATABASE_URL: 'known-database-password',
  DATABASE_READER_URL: 'known-database-reader-password',
  EBOOST_API_PASSWORD: 'known-eboost-password',
  EBOOST_DATABASE_URL: 'known-eboost-database-password',
  AZURE_STORAGE_CONNECTION_STRING: Buffer.from('known-azure-storage-account-key').toString('base64'),
  REHEARSAL_DATABASE_URL: 'known-rehearsal-password',
  REHEARSAL_INFLUX_TOKEN: 'known-rehearsal-token',
};

describe('secrets of a running Evida', () => {
  const world = useWorld();

  /** The world's environment, with the known values; those of addresses in their place. */
  function environmentWith(known: Readonly<Record<string, string>>): Record<string, string> {
    const right = world().environment({ LOG_LEVEL: 'debug' });
    const inAddress = (name: string, address = right[name]) => {
      const url = new URL(address ?? '');
      url.password = known[name] ?? '';
      return url.href;
    };
    const storage = right.AZURE_STORAGE_CONNECTION_STRING ?? '';
    return {
      ...right,
      ...known,
      DATABASE_URL: inAddress('DATABASE_URL'),
      EBOOST_DATABASE_URL: inAddress('EBOOST_DATABASE_URL'),
      DATABASE_READER_URL: inAddress('DATABASE_READER_URL', right.DATABASE_URL),
      REHEARSAL_DATABASE_URL: inAddress('REHEARSAL_DATABASE_URL', right.DATABASE_URL),
      AZURE_STORAGE_CONNECTION_STRING: storage.replace(
        /AccountKey=[^;]+/,
        `AccountKey=${known.AZURE_STORAGE_CONNECTION_STRING}`,
      ),
    };
  }

  /** The secrets of the world itself, which are right. */
  function rightSecrets(): Record<string, string> {
    const environment = world().environment();
    const passwordOf = (name: string) => decodeURIComponent(new URL(environment[name] ?? '').password);
    return {
      MQTT_PASSWORD: environment.MQTT_PASSWORD ?? '',
      INFLUX_TOKEN: environment.INFLUX_TOKEN ?? '',
      DATABASE_URL: passwordOf('DATABASE_URL'),
      EBOOST_API_PASSWORD: 'known-eboost-password',
      EBOOST_DATABASE_URL: passwordOf('EBOOST_DATABASE_URL'),
      AZURE_STORAGE_CONNECTION_STRING:
        /AccountKey=([^;]+)/.exec(environment.AZURE_STORAGE_CONNECTION_STRING ?? '')?.[1] ?? '',
    };
  }

  /** All that it says in its log, to who asks it, to other commands, and into its files. */
  async function sayings(
    environment: Record<string, string>,
    isUsed: (log: string) => boolean,
  ): Promise<string> {
    const running = startEvida(['run'], environment);
    let answers: string[] = [];
    try {
      const isDone = await until(() => isUsed(running.output().stderr), WITHIN_MS);
      expect(isDone, running.output().stderr).to.equal(true);
      const url = running
        .output()
        .stderr.split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => Line.parse(JSON.parse(line)).url)
        .find((address) => address !== undefined);
      answers = await Promise.all(
        ['/status', '/metrics', '/readyz', '/healthz'].map(async (path) =>
          (await fetch(`${url}${path}`)).text(),
        ),
      );
      for (const command of [['status'], ['doctor', '--json']]) {
        const { stdout, stderr } = await runEvida(command, environment);
        answers.push(stdout, stderr);
      }
    } finally {
      running.child.kill('SIGTERM');
    }
    const { stdout, stderr } = await running.ended;
    const files = await filesIn(environment.DATA_DIR ?? '');
    expect(files.length).to.be.greaterThan(0);
    return [stdout, stderr, ...answers, ...files].join('\n');
  }

  function expectNoneIn(said: string, secrets: Readonly<Record<string, string>>): void {
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret, name).to.have.length.greaterThan(6);
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
        expect(said.includes(form), `${name} in what Evida says`).to.equal(false);
      }
    }
  }

  it('are all known to this test', () => {
    const secrets = Object.entries(VARIABLES).filter(([, type]) => DOCUMENTATION.get(type)?.secret);
    expect(Object.keys(WRONG).sort()).to.deep.equal(secrets.map(([name]) => name).sort());
  });

  it('are nowhere in what it says when a server refuses them', async function () {
    this.timeout(2 * WITHIN_MS);
    const { INFLUX_TOKEN = '', DATABASE_URL = '' } = world().environment();
    const allWrong = environmentWith(WRONG);
    const said: string[] = [];
    // Each ends at the first refusal that no retry mends: of InfluxDB, of Postgres. The doctor asks every server.
    for (const [command, environment] of [
      [['run'], { ...allWrong, DATABASE_URL }],
      [['run'], { ...allWrong, INFLUX_TOKEN }],
      [['doctor', '--json'], allWrong],
    ] as const) {
      const { code, stdout, stderr } = await runEvida(command, environment);
      expect(code, stderr).not.to.equal(0);
      said.push(stdout, stderr);
    }
    said.push(...(await filesIn(allWrong.DATA_DIR ?? '')));
    expect(said.join('\n'))
      .to.match(/unauthorized/i)
      .and.to.match(/password authentication failed/);
    expectNoneIn(said.join('\n'), WRONG);
  });

  it('nor while the broker and Eboost go on refusing them', async function () {
    this.timeout(2 * WITHIN_MS);
    const { MQTT_PASSWORD = '', EBOOST_API_PASSWORD = '' } = WRONG;
    const environment = world().environment({ LOG_LEVEL: 'debug', MQTT_PASSWORD, EBOOST_API_PASSWORD });
    const said = await sayings(environment, (log) => /no MQTT broker/.test(log));
    expectNoneIn(said, { MQTT_PASSWORD, EBOOST_API_PASSWORD });
  });

  it('nor in its log at debug level, its answers and its files while every server lets it in', async function () {
    this.timeout(2 * WITHIN_MS);
    const right = rightSecrets();
    const environment = world().environment({
      LOG_LEVEL: 'debug',
      EBOOST_API_PASSWORD: right.EBOOST_API_PASSWORD ?? '',
    });
    const said = await sayings(environment, (log) => /all parts have been reached/.test(log));
    expectNoneIn(said, right);
  });

  it('nor in what a backup and its rehearsal say, right or wrong', async function () {
    this.timeout(2 * WITHIN_MS);
    const BACKUP_KEY_FILE = join(world().dataDir, 'backup.key');
    const key = Buffer.alloc(32, 'known-key').toString('base64');
    await writeFile(BACKUP_KEY_FILE, key, { mode: 0o600 });
    const right = world().environment({ LOG_LEVEL: 'debug', BACKUP_KEY_FILE });
    const { REHEARSAL_DATABASE_URL = '', REHEARSAL_INFLUX_TOKEN = '' } = environmentWith(WRONG);
    const backup = await runEvida(['backup', 'run'], right);
    expect(backup.code, backup.stderr).to.equal(0);
    const said = [backup.stdout, backup.stderr];
    for (const wrong of [{ REHEARSAL_DATABASE_URL }, { REHEARSAL_INFLUX_TOKEN }]) {
      const { code, stdout, stderr } = await runEvida(['backup', 'rehearse'], { ...right, ...wrong });
      expect(code).not.to.equal(0);
      said.push(stdout, stderr);
    }
    expect(said.join('\n'))
      .to.match(/unauthorized/i)
      .and.to.match(/password authentication failed/);
    expectNoneIn(said.join('\n'), { ...WRONG, ...rightSecrets(), BACKUP_KEY_FILE: key });
  });

  it('nor in what evida panel says, right or wrong', async function () {
    this.timeout(WITHIN_MS);
    const right = world().environment({ LOG_LEVEL: 'debug' });
    const { INFLUX_READER_TOKEN = '', DATABASE_READER_URL = '' } = environmentWith(WRONG);
    const said: string[] = [];
    for (const wrong of [{}, { INFLUX_READER_TOKEN }, { DATABASE_READER_URL }]) {
      const { stdout, stderr } = await runEvida(['panel', 'Metered and billed energy by day', '--json'], {
        ...right,
        ...wrong,
      });
      said.push(stdout, stderr);
    }
    expect(said.join('\n'))
      .to.match(/unauthorized/i)
      .and.to.match(/password authentication failed/);
    expectNoneIn(said.join('\n'), { ...WRONG, ...rightSecrets() });
  });
});

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
}
