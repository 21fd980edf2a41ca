import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../src/embedded/until.ts';
import { runEvida, startEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

describe('the command line', function () {
  this.timeout(30_000);
  const world = useWorld();

  it('evida run lists every missing variable, and ends with 78', async () => {
    const { code, stderr, stdout } = await runEvida(['run']);
    expect(code).to.equal(78);
    expect(stdout).to.equal('');
    for (const name of [
      'MQTT_URL',
      'INFLUX_URL',
      'INFLUX_TOKEN',
      'DATABASE_URL',
      'EBOOST_API_URL',
      'EBOOST_DATABASE_URL',
    ]) {
      expect(stderr).to.contain(`${name} is missing`);
    }
    expect(stderr).to.contain('NAME_FILE');
  });

  it('refuses unknown options with the nearest one, and ends with 2', async () => {
    const { code, stderr } = await runEvida(['demo', '--boxs', '3']);
    expect(code).to.equal(2);
    expect(stderr).to.contain('--boxes');
  });

  it('shows its commands with --help, and ends with 0', async () => {
    const { code, stdout } = await runEvida(['--help']);
    expect(code).to.equal(0);
    for (const command of ['run', 'demo', 'simulate', 'analyze', 'backup'])
      expect(stdout).to.contain(command);
  });

  it('evida run retries what is away, and stops in order on SIGTERM', async () => {
    const environment = world().environment({
      MQTT_URL: 'mqtt://127.0.0.1:9',
      INFLUX_URL: 'http://127.0.0.1:9',
    });
    const { child, ended, output } = startEvida(['run'], environment);
    const saysBoth = () =>
      /no MQTT broker: .*ECONNREFUSED/.test(output().stderr) &&
      /setting up InfluxDB: waiting/.test(output().stderr);
    expect(await until(saysBoth, 15_000), output().stderr).to.equal(true);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('"msg":"stopped"');
    for (const secret of [
      world().servers.broker.password,
      world().servers.influx.adminToken,
      new URL(world().eboostUrl).password,
    ]) {
      expect(stderr).not.to.contain(secret);
    }
  });

  it('evida backup run does one backup on command, and gives its result as JSON', async () => {
    const { code, stdout, stderr } = await runEvida(['backup', 'run', '--json'], world().environment());
    expect(code, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({
      job: 'backup',
      outcome: { result: { blobs: 1, stored: 1 } },
    });
  });

  it('evida analyze says what failed, and ends with 1', async () => {
    const { code, stdout } = await runEvida(['analyze'], world().environment());
    expect(code).to.equal(1);
    expect(stdout).to.contain('relation "transactions" does not exist');
  });

  it('evida simulate publishes a fleet, records what happened, and hides the password', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-simulate-'));
    try {
      const { broker } = world().servers;
      const url = `mqtt://${broker.username}:${broker.password}@${new URL(broker.url).host}`;
      const record = join(directory, 'facts.jsonl');
      const args = [
        'simulate',
        '--mqtt',
        url,
        '--boxes',
        '2',
        '--seed',
        '7',
        '--for',
        '1s',
        '--record',
        record,
        '--json',
      ];
      const { code, stdout, stderr } = await runEvida(args);
      expect(code, stderr).to.equal(0);
      const { messages, acknowledged } = JSON.parse(stdout);
      expect(messages).to.be.greaterThan(0);
      expect(acknowledged).to.equal(messages);
      expect(await readFile(record, 'utf8')).to.match(/"kind":/);
      expect(stderr).not.to.contain(broker.password);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
