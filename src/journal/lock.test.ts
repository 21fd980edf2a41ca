import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { lockDirectory } from './lock.ts';

const BEAT_MS = 100;

interface Child {
  readonly process: ChildProcess;
  /** What it says next. */
  said(): Promise<string>;
}

describe('lockDirectory', function () {
  this.timeout(60_000);
  let directory: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-lock-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  /** A process that takes the directory when it is told to, and says "held" or the code of the error. */
  function start(at = directory, options = {}): Child {
    const script = `
      import { lockDirectory } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
      let lock;
      process.stdin.setEncoding('utf8').on('data', async (word) => {
        if (word.includes('release')) {
          await lock.release();
          console.log('released');
          return;
        }
        try {
          lock = await lockDirectory(${JSON.stringify(at)}, 'the child', ${JSON.stringify(options)});
          lock.lost.addEventListener('abort', () => console.log('lost'));
          console.log('held');
        } catch (error) {
          console.log(error.code);
        }
      });
      console.log('ready');
    `;
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { process: child, said: async () => String((await lines.next()).value) };
  }

  async function startHolder(at = directory, options = {}): Promise<Child> {
    const child = start(at, options);
    expect(await child.said()).to.equal('ready');
    child.process.stdin?.write('take');
    expect(await child.said()).to.equal('held');
    return child;
  }

  async function kill(child: Child): Promise<void> {
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
  }

  async function refusal(options = {}): Promise<EvidaError> {
    const error: unknown = await lockDirectory(directory, 'a test', options).catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof EvidaError)) throw new Error('it was not refused', { cause: error });
    return error;
  }

  it('refuses a second one, by whatever path, and names the first', async () => {
    const child = await startHolder();
    const alias = `${directory}-alias`;
    await symlink(directory, alias);
    const error: unknown = await lockDirectory(alias, 'a test').catch((thrown: unknown) => thrown);
    await rm(alias);
    expect(error).to.include({ code: 'DIRECTORY_IN_USE', retryable: true });
    expect(String(error))
      .to.contain(`in use by the child, process ${child.process.pid} on ${hostname()}, since 20`)
      .and.contain(alias);
    expect((await readdir(directory)).filter((name) => name.includes('.new'))).to.deep.equal([]);
  });

  it('refuses a second one in the same process, until it is released, which leaves nothing', async () => {
    const lock = await lockDirectory(directory, 'first');
    expect((await refusal()).code).to.equal('DIRECTORY_IN_USE');
    await lock.release();
    await lock.release();
    expect(await readdir(directory)).to.deep.equal([]);
    const next = await lockDirectory(directory, 'second');
    await next.release();
    expect(next.lost.aborted).to.equal(false);
  });

  it('makes the directory, for this user alone', async () => {
    const lock = await lockDirectory(join(directory, 'a', 'b'), 'a test');
    await lock.release();
  });

  it('takes over at once from a process that was killed', async () => {
    for (let round = 0; round < 2; round++) {
      await kill(await startHolder());
      const before = performance.now();
      const lock = await lockDirectory(directory, 'the next one');
      // Less than any heartbeat is waited for.
      expect(performance.now() - before).to.be.lessThan(4000);
      // What the dead one has left is gone, too.
      expect(await readdir(directory)).to.have.length(2);
      await lock.release();
    }
  });

  it('waits a moment for a process that is about to go', async () => {
    const child = await startHolder();
    const taking = lockDirectory(directory, 'the next one');
    child.process.stdin?.write('release');
    const lock = await taking;
    await lock.release();
  });

  it('gives the directory of a dead process to one of those who want it', async () => {
    let holder = await startHolder();
    let racers = await Promise.all(
      [1, 2, 3, 4]
        .map(() => start())
        .map(async (child) => {
          expect(await child.said()).to.equal('ready');
          return child;
        }),
    );
    while (racers.length > 1) {
      await kill(holder);
      for (const { process } of racers) process.stdin?.write('take');
      const said = await Promise.all(racers.map((racer) => racer.said()));
      expect(said.filter((word) => word === 'held')).to.have.length(1);
      expect(said.filter((word) => word === 'DIRECTORY_IN_USE')).to.have.length(racers.length - 1);
      holder = racers[said.indexOf('held')] ?? holder;
      racers = racers.filter((racer) => racer !== holder);
    }
  });

  it('gives it to one of many who want it at once, also in one process', async () => {
    await kill(await startHolder());
    let held = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const lock = await lockDirectory(directory, `racer ${index}`).catch((error: unknown) => {
          expect(error).to.have.property('code', 'DIRECTORY_IN_USE');
        });
        if (lock === undefined) return;
        held += 1;
        expect(held).to.equal(1);
        await new Promise((resolve) => setImmediate(resolve));
        held -= 1;
        await lock.release();
      }),
    );
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('takes over from one that was killed while it took over', async () => {
    await kill(await startHolder());
    const dead: unknown = JSON.parse(await readFile(join(directory, 'lock'), 'utf8'));
    if (typeof dead !== 'object' || dead === null || !('token' in dead)) throw new Error('it is no lock');
    // It had the right to replace the lock, and was killed before it did.
    await writeFile(join(directory, `lock.${dead.token}`), JSON.stringify({ ...dead, token: 'second' }));
    const lock = await lockDirectory(directory, 'the third');
    expect((await readdir(directory)).filter((name) => !name.endsWith('.sock'))).to.deep.equal(['lock']);
    await lock.release();
  });

  describe('when the holder runs on another kernel', () => {
    it('is refused while its heart beats', async () => {
      await startHolder(directory, { machine: 'another', beatMs: BEAT_MS });
      expect((await refusal({ beatMs: BEAT_MS })).message).to.contain('the child');
    });

    it('takes over when the heartbeat stays away', async () => {
      const child = await startHolder(directory, { machine: 'another', beatMs: BEAT_MS });
      await kill(child);
      const before = performance.now();
      const lock = await lockDirectory(directory, 'the next one', { beatMs: BEAT_MS });
      expect(performance.now() - before).to.be.at.least(3 * BEAT_MS);
      await lock.release();
    });

    it('tells a holder that stood still that it has lost the directory', async () => {
      const child = await startHolder(directory, { machine: 'another', beatMs: BEAT_MS });
      child.process.kill('SIGSTOP');
      const lock = await lockDirectory(directory, 'the next one', { beatMs: BEAT_MS });
      child.process.kill('SIGCONT');
      expect(await child.said()).to.equal('lost');
      child.process.stdin?.write('release');
      expect(await child.said()).to.equal('released');
      expect((await refusal()).message).to.contain('the next one');
      await lock.release();
    });
  });

  it('takes over a lock that says nothing, when no heart beats', async () => {
    for (const content of ['', '{"token":']) {
      await writeFile(join(directory, 'lock'), content);
      const lock = await lockDirectory(directory, 'a test', { beatMs: BEAT_MS });
      await lock.release();
    }
  });

  it('takes no copy of a directory for the directory', async () => {
    await startHolder();
    const copy = join(directory, 'copy');
    await mkdir(copy);
    await cp(join(directory, 'lock'), join(copy, 'lock'));
    const lock = await lockDirectory(copy, 'a test', { beatMs: BEAT_MS });
    await lock.release();
  });

  it('works where the path is longer than the address of a socket may be', async () => {
    const deep = join(directory, 'x'.repeat(60), 'y'.repeat(60));
    const child = await startHolder(deep);
    const error: unknown = await lockDirectory(deep, 'a test').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'DIRECTORY_IN_USE');
    await kill(child);
    const lock = await lockDirectory(deep, 'the next one');
    await lock.release();
    expect(await readdir(deep)).to.deep.equal([]);
  });

  it('says that the disk refuses, where it does', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const error: unknown = await lockDirectory(join(file, 'data'), 'a test').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'JOURNAL_REFUSED', retryable: true });
  });
});
