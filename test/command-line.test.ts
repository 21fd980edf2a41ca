import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../src/embedded/until.ts';
import { projectFile } from '../src/project-file.ts';
import { runEvida, startEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

/** What a shell offers, by a completion script, for the last of some words. */
const COMPLETERS = {
  bash: (script: string, words: string[]) =>
    linesOf(
      'bash',
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _evida; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ['bash', ...words],
    ),
  // Without a terminal, zsh has no completion of its own to ask: what the script hands to it is filtered here.
  zsh: (script: string, words: string[]) =>
    linesOf(
      'zsh',
      `compdef() { }; _files() { }; compadd() { shift; print -l -- "$@" }
${script}\nwords=("$@"); CURRENT=$#; _evida`,
      ['zsh', ...words],
    ).filter((word) => word.startsWith(words.at(-1) ?? '')),
  fish: (script: string, words: string[]) =>
    linesOf('fish', `${script}\ncomplete -C "$argv"`, words).map((line) => line.replace(/\t.*/, '')),
};

function linesOf(shell: string, script: string, args: readonly string[]): string[] {
  const withoutUserFiles = { zsh: ['-f'], fish: ['--no-config'] }[shell] ?? [];
  const output = execFileSync(shell, [...withoutUserFiles, '-c', script, ...args], {
    cwd: projectFile(),
    encoding: 'utf8',
  });
  return output.split('\n').filter((line) => line !== '');
}

function isAbsent(shell: string): boolean {
  return spawnSync(shell, ['--version']).error !== undefined;
}

describe('the command line', function () {
  this.timeout(60_000);
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
    for (const command of ['run', 'boxes', 'demo', 'simulate', 'analyze', 'panel', 'backup'])
      expect(stdout).to.contain(command);
  });

  it('shows examples and exit codes in the help of every command', async () => {
    const { stdout } = await runEvida(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*$/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect(commands).to.include.members(['run', 'setup', 'doctor', 'backup']);
    const helps = await Promise.all(commands.map((command) => runEvida([command, '--help'])));
    for (const [at, help] of helps.entries()) {
      expect(help.code, commands[at]).to.equal(0);
      expect(help.stdout, commands[at]).to.match(/Usage: evida .*Examples:.*Exit codes:.*0 +done/s);
    }
  });

  it('evida thresholds shows each value, where it comes from and what it means', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-thresholds-'));
    try {
      const file = join(directory, 'env');
      await writeFile(file, 'PHOTOGRAPH_SETTLE=3s\nPHOTOGRAPH_CURRENT_DEADBAND_A=5\n');
      const args = ['thresholds', '--json', '--env', file];
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
          source: 'file',
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

  it('--env names a file of variables that must exist: else it ends with 78', async () => {
    const { code, stderr } = await runEvida(['thresholds', '--env', '/nowhere/env']);
    expect(code).to.equal(78);
    expect(stderr).to.match(/^evida: reading --env \/nowhere\/env: ENOENT/);
  });

  it('has the version of package.json', async () => {
    const { version } = JSON.parse(await readFile(projectFile('package.json'), 'utf8'));
    expect((await runEvida(['--version'])).stdout).to.equal(`${version}\n`);
  });

  for (const [shell, complete] of Object.entries(COMPLETERS)) {
    describe(`evida completion ${shell}`, () => {
      let script = '';
      /** What is offered for the last of the words. */
      const offered = (...words: string[]) => complete(script, words);

      before(async function () {
        if (isAbsent(shell)) this.skip();
        script = (await runEvida(['completion', shell])).stdout;
      });

      it('gives the commands and options that fit', () => {
        expect(offered('evida', 'do')).to.deep.equal(['doctor']);
        expect(offered('evida', 'backup', 'ru')).to.deep.equal(['run']);
        expect(offered('evida', 'backup', 'run', '--j')).to.deep.equal(['--json']);
        expect(offered('evida', 'boxes', '--json', 'acc')).to.deep.equal(['accept']);
        expect(offered('evida', 'panel', '--var', 'box=12', '--fr')).to.deep.equal(['--from']);
      });

      it('gives the choices of an argument, until it is given', () => {
        expect(offered('evida', 'completion', '')).to.include.members(['bash', 'zsh', 'fish']);
        expect(offered('evida', 'completion', 'z')).to.deep.equal(['zsh']);
        expect(offered('evida', 'completion', 'zsh', 'z')).to.deep.equal([]);
      });

      it('does not take the value of an option for a command', () => {
        expect(offered('evida', 'boxes', '--env', 'run', 'acc')).to.deep.equal(['accept']);
        expect(offered('evida', 'boxes', '--env', 'accep')).to.deep.equal([]);
      });
    });
  }

  it('bash takes --env=file, which it splits in three, for one option with its value', async () => {
    const { stdout } = await runEvida(['completion', 'bash']);
    const offered = COMPLETERS.bash(stdout, ['evida', 'boxes', '--env', '=', 'run', 'acc']);
    expect(offered).to.deep.equal(['accept']);
  });

  it('fish offers files for the value of an option', async function () {
    if (isAbsent('fish')) this.skip();
    const { stdout } = await runEvida(['completion', 'fish']);
    expect(COMPLETERS.fish(stdout, ['evida', 'run', '--env', 'package.j'])).to.deep.equal(['package.json']);
  });

  it('ends quietly when nobody reads its output to the end', async () => {
    const { child, ended } = startEvida(['thresholds']);
    child.stdout?.destroy();
    const { code, stderr } = await ended;
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
  });

  it('evida setup goes on to its end when nobody reads what it says', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-unread-'));
    try {
      const { servers, eboostUrl, environment } = world();
      const admin = { INFLUX_ADMIN_TOKEN: servers.influx.adminToken, DATABASE_ADMIN_URL: eboostUrl };
      const command = ['setup', '--secrets', join(directory, 'secrets')];
      const { child, ended } = startEvida(command, environment(admin));
      child.stdout?.destroy();
      const { code, stderr } = await ended;
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      const left = JSON.parse(
        (await runEvida([...command, '--dry-run', '--json'], environment(admin))).stdout,
      );
      const actions = left.changes.map(({ action }: { action: string }) => action);
      expect([...new Set(actions)]).to.deep.equal(['keep']);
    } finally {
      await rm(directory, { recursive: true });
    }
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
    const { job, outcome } = JSON.parse(stdout);
    expect(job).to.equal('backup');
    expect(outcome.result).to.include({ backup: 1 });
    expect(outcome.result.stored).to.equal(outcome.result.blobs).and.to.be.greaterThan(1);
  });

  it('evida analyze says what failed, and ends with 1', async () => {
    const { code, stdout } = await runEvida(['analyze'], world().environment());
    expect(code).to.equal(1);
    expect(stdout).to.contain('relation "transactions" does not exist');
  });

  for (const command of [['analyze'], ['backup', 'run']]) {
    it(`evida ${command.join(' ')} does not wait for a Postgres that is away: it ends with 69`, async () => {
      const environment = world().environment({ DATABASE_URL: 'postgres://evida:secret@127.0.0.1:9/evida' });
      const { code, stderr } = await runEvida(command, environment);
      expect(code, stderr).to.equal(69);
      expect(stderr)
        .to.match(/ECONNREFUSED/)
        .and.not.to.contain('waiting');
      expect((await runEvida([...command, '--help'])).stdout).to.match(/^ +69 /m);
    });
  }

  it('evida backup run ends with 69 when InfluxDB is away', async () => {
    const environment = world().environment({ INFLUX_URL: 'http://127.0.0.1:9' });
    const { code, stdout } = await runEvida(['backup', 'run'], environment);
    expect(stdout).to.contain('ECONNREFUSED');
    expect(code).to.equal(69);
  });

  it('evida simulate refuses a password on the command line, and does not repeat it', async () => {
    for (const url of ['mqtt://user:geheim@127.0.0.1:9', 'user:geheim@127.0.0.1:port', 'geheim']) {
      const { code, stderr } = await runEvida(['simulate', '--mqtt', url]);
      expect(code, stderr).to.equal(2);
      expect(stderr).not.to.contain('geheim');
    }
    const { stderr } = await runEvida(['simulate', '--mqtt', 'mqtt://user:geheim@127.0.0.1:9']);
    expect(stderr).to.contain('MQTT_USERNAME').and.to.contain('MQTT_PASSWORD');
  });

  it('evida simulate publishes a fleet, and records what happened', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-simulate-'));
    try {
      const { broker } = world().servers;
      const record = join(directory, 'facts.jsonl');
      const args = [
        'simulate',
        '--mqtt',
        broker.url,
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
      const { code, stdout, stderr } = await runEvida(args, {
        MQTT_USERNAME: broker.username,
        MQTT_PASSWORD: broker.password,
      });
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
