import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
    for (const command of ['run', 'boxes', 'demo', 'simulate', 'analyze', 'backup'])
      expect(stdout).to.contain(command);
  });

  it('shows examples and exit codes in the help of every command', async () => {
    const { stdout } = await runEvida(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*$/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect(commands).to.include.members(['run', 'setup', 'doctor', 'backup']);
    for (const command of commands) {
      const help = await runEvida([command, '--help']);
      expect(help.code, command).to.equal(0);
      expect(help.stdout, command).to.match(/Usage: evida .*Examples:.*Exit codes:.*0 +done/s);
    }
  });

  it('evida thresholds shows each value, where it comes from and what it means', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-thresholds-'));
    try {
      const file = join(directory, 'env');
      await writeFile(file, 'PHOTOGRAPH_SETTLE=3s\nPHOTOGRAPH_CURRENT_DEADBAND_A=5\n');
      const args = ['thresholds', '--json', '--env-file', file];
      const { stdout } = await runEvida(args, { PHOTOGRAPH_CURRENT_DEADBAND_A: '2' });
      expect(JSON.parse(stdout)).to.deep.include.members([
        {
          name: 'PHOTOGRAPH_CURRENT_DEADBAND_A',
          value: '2 A',
          source: 'environment',
          meaning: 'Smallest significant change of current',
        },
        {
          name: 'PHOTOGRAPH_SETTLE',
          value: '3s',
          source: 'env-file',
          meaning: 'How long values must rest before a photograph',
        },
        {
          name: 'SILENT_AFTER',
          value: '10m',
          source: 'default',
          meaning: 'Without a message for so long, an outlet or box is silent',
        },
      ]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('evida completion gives bash the commands and options that fit', async () => {
    const { stdout } = await runEvida(['completion', 'bash']);
    const complete = (words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _evida; echo "\${COMPREPLY[*]}"`;
      return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' }).trim();
    };
    expect(complete(['evida', 'do'])).to.equal('doctor');
    expect(complete(['evida', 'backup', 'r'])).to.equal('run');
    expect(complete(['evida', 'backup', 'run', '--j'])).to.equal('--json');
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
