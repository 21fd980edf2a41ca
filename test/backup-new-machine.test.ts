import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TasksAPI } from '@influxdata/influxdb-client-apis';
import { expect } from 'chai';
import { createEboostDatabase } from '../src/embedded/eboost/database.ts';
import { createExportValues } from '../src/influx/export-values.ts';
import { projectFile } from '../src/project-file.ts';
import { contentOfDay } from '../src/services/backup/restore-day.ts';
import { photograph } from './backup/backup-world.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld, type World } from './fixture/world.ts';

describe('docs/backup.md, "Restoring on a new machine", word for word', function () {
  this.timeout(180_000);
  const source = useWorld();
  const machine = useWorld();

  before(async () => {
    const { database, buckets, writeBatch } = source();
    // One that Eboost has no more, which only the mirror keeps.
    await database.query(`INSERT INTO eboost_user VALUES (7, 'An', '2026-01-01', '2026-01-01')`);
    await writeBatch(buckets.history, photograph('2026-10-01T08:00:00Z', 1, 5));
    await createEboostDatabase(machine().eboostUrl);
    await createEboostDatabase(source().eboostUrl);
  });
  after(async () => {
    const api = new TasksAPI(machine().influx);
    const { tasks = [] } = await api.getTasks({ org: machine().servers.influx.org, limit: 500 });
    for (const { id, flux } of tasks)
      if (flux.includes(machine().buckets.telemetry)) await api.deleteTasksID({ taskID: id });
  });

  /** The commands of the guide, in their order. */
  async function commandsOfGuide(): Promise<string[]> {
    const guide = await readFile(projectFile('docs', 'backup.md'), 'utf8');
    const section = guide.slice(guide.indexOf('## Restoring on a new machine'));
    return [...section.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, text = '']) =>
      text
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    );
  }

  const keyFile = () => join(source().dataDir, 'backup.key');
  const fileOf = (name: string) => join(machine().dataDir, name);
  async function writeEnvironment(name: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(variables).map(([variable, value]) => `${variable}='${value}'\n`);
    await writeFile(fileOf(name), lines.join(''));
  }
  /** Where the backups are, as the guide says, is all that the two machines share. */
  const shared = () => ({
    BACKUP_CONTAINER: source().config().BACKUP_CONTAINER,
    BACKUP_KEY_FILE: keyFile(),
  });
  const contentOf = ({ influx, servers, buckets, writeBatch }: World) => {
    const exportValues = createExportValues(influx, servers.influx.org);
    const target = { exportValues, writeBatch, bucket: buckets.history, measurement: 'photograph' };
    return contentOfDay(target, '2026-10-01', new AbortController().signal);
  };

  it('brings back what the old one had, goes on, and rehearses, with no rights but those that set-up has made', async () => {
    await writeFile(keyFile(), Buffer.alloc(32, 3).toString('base64'));
    const made = await runEvida(['backup', 'run'], source().environment(shared()));
    expect(made.code, made.stdout + made.stderr).to.equal(0);

    const { DATABASE_URL = '', INFLUX_TOKEN: _, ...rest } = machine().environment(shared());
    await writeEnvironment('setup.env', {
      ...rest,
      DATABASE_ADMIN_URL: DATABASE_URL,
      INFLUX_ADMIN_TOKEN: machine().servers.influx.adminToken,
    });
    await writeEnvironment('evida.env', {
      ...rest,
      DATABASE_URL_FILE: fileOf('secrets/database-url'),
      INFLUX_TOKEN_FILE: fileOf('secrets/influx-token'),
      REHEARSAL_DATABASE_URL_FILE: fileOf('secrets/rehearsal-database-url'),
      REHEARSAL_INFLUX_TOKEN_FILE: fileOf('secrets/rehearsal-influx-token'),
    });
    const commands = await commandsOfGuide();
    expect(commands).to.have.length(8);
    for (const command of commands) {
      const [program, ...words] = command.split(' ');
      expect(program).to.equal('evida');
      const args = words.map((word) => (/\.env$|^secrets$|^files$/.test(word) ? fileOf(word) : word));
      const { code, stdout, stderr } = await runEvida(args);
      expect(code, `${command}\n${stdout}${stderr}`).to.equal(0);
    }
    const { rows } = await machine().database.query('SELECT id::text, name FROM eboost_user');
    expect(rows).to.deep.equal([{ id: '7', name: 'An' }]);
    expect(await contentOf(machine())).to.deep.equal(await contentOf(source()));
    expect(JSON.parse(await readFile(fileOf('files/thresholds.json'), 'utf8'))).to.include({
      PHOTOGRAPH_SETTLE: 2000,
    });
  });
});
