import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { type SupervisedServer, type SuperviseOptions, superviseServer } from './supervise.ts';
import { isAlive, until } from './until.ts';
import { untilReady } from './until-ready.ts';

describe('superviseServer', () => {
  let directory: string;
  let servers: SupervisedServer[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-supervise-'));
    servers = [];
  });

  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  });

  async function start(script: string, options: Partial<SuperviseOptions> = {}): Promise<SupervisedServer> {
    const server = await superviseServer({
      name: 'the server',
      command: process.execPath,
      args: ['-e', script],
      logFile: join(directory, 'server.log'),
      stopSignal: 'SIGTERM',
      ...options,
    });
    servers.push(server);
    return server;
  }

  const log = () => readFile(join(directory, 'server.log'), 'utf8');
  const ready = (server: SupervisedServer) =>
    untilReady(server, async () => ((await log()).includes('ready') ? true : undefined));
  const IDLE = `console.log('ready'); setInterval(() => {}, 1000);`;

  it('gives the output to a log that only this user can read, and keeps the log of the start before', async () => {
    await (await start(`console.log('first')`)).exited;
    const server = await start(`console.log(process.env.SECRET); console.error('ready')`, {
      env: { SECRET: 'from env' },
    });
    await server.exited;

    expect(await log()).to.equal('from env\nready\n');
    expect(await readFile(join(directory, 'server.log.previous'), 'utf8')).to.equal('first\n');
    expect((await stat(server.logFile)).mode & 0o777).to.equal(0o600);
  });

  it('stops the server with the signal it asks for, and twice does no harm', async () => {
    const server = await start(
      `process.on('SIGINT', () => { console.log('bye'); process.exit(7) }); ${IDLE}`,
      {
        stopSignal: 'SIGINT',
      },
    );
    await ready(server);
    await Promise.all([server.stop(), server.stop()]);

    expect(await server.exited).to.deep.equal({ code: 7, signal: null });
    expect(await log()).to.equal('ready\nbye\n');
  });

  it('kills a server that ignores the signal', async () => {
    const server = await start(`process.on('SIGTERM', () => {}); ${IDLE}`, { killAfterMs: 100 });
    await ready(server);
    await server.stop();

    expect(await server.exited).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('quotes the log of a server that ends before it is ready', async () => {
    const server = await start(`console.error('no space left on device'); process.exit(3)`);
    const error = await failureOf(ready(server));

    expect(error.code).to.equal('EMBEDDED_START');
    expect(error.message).to.contain('it ended with code 3').and.contain('no space left on device');
  });

  it('says which command cannot be run', async () => {
    const error = await failureOf(start('', { command: join(directory, 'absent') }));

    expect(error.code).to.equal('EMBEDDED_START');
    expect(error.message).to.contain(join(directory, 'absent')).and.contain('ENOENT');
  });

  it('stops what the command has started itself, if asked to', async () => {
    const server = await start('', {
      command: '/bin/sh',
      args: ['-c', 'sleep 60 & echo $!; echo ready; wait'],
      wholeGroup: true,
    });
    await ready(server);
    const child = Number((await log()).split('\n')[0]);
    await server.stop();

    expect(isAlive(child)).to.equal(false);
  });

  it('leaves no server behind when its parent is killed', async () => {
    const parent = startParent(directory);
    const [line] = await once(parent.stdout ?? parent, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).to.equal(true);
    parent.kill('SIGKILL');

    expect(await until(() => !isAlive(pid), 5_000)).to.equal(true);
    await rm(directory, { recursive: true, force: true });
  });

  it('lets the parent stop the server in order on Ctrl-C, which reaches the whole process group', async () => {
    const parent = startParent(directory);
    const [line] = await once(parent.stdout ?? parent, 'data');
    if (parent.pid === undefined) throw new Error('the parent has not started');
    process.kill(-parent.pid, 'SIGINT');
    await once(parent, 'exit');

    expect(await until(() => !isAlive(Number(String(line))), 5_000)).to.equal(true);
    expect(await log()).to.equal('ready\nstopped by SIGTERM\n');
  });
});

/** A process of its own group that starts a server, prints its id, and waits. */
function startParent(directory: string): ChildProcess {
  const script = `
    import { superviseServer } from ${JSON.stringify(new URL('./supervise.ts', import.meta.url).href)};
    const server = await superviseServer({
      name: 'the server',
      command: process.execPath,
      args: ['-e', "for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => { console.log('stopped by ' + s); process.exit() }); console.log('ready'); setInterval(() => {}, 1000)"],
      logFile: ${JSON.stringify(join(directory, 'server.log'))},
      stopSignal: 'SIGTERM',
    });
    const { until } = await import(${JSON.stringify(new URL('./until.ts', import.meta.url).href)});
    const { readLog } = await import(${JSON.stringify(new URL('./server-log.ts', import.meta.url).href)});
    await until(async () => (await readLog(server.logFile)).includes('ready'), 5000);
    console.log(server.pid);
  `;
  return spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function failureOf(promise: Promise<unknown>): Promise<EvidaError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof EvidaError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
