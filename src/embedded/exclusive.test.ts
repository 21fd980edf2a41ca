import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { acquireExclusive } from './exclusive.ts';

const PLATFORMS: NodeJS.Platform[] = process.platform === 'linux' ? ['linux', 'darwin'] : [process.platform];

for (const platform of PLATFORMS) {
  describe(`acquireExclusive as on ${platform}`, () => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'evida-exclusive-'));
    });

    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('refuses a second one, by whatever path, and names the first', async () => {
      const alias = join(directory, 'alias');
      await symlink(directory, alias);
      const release = await acquireExclusive(directory, 'the demo', { platform });
      const error = await acquireExclusive(alias, 'a test', { platform }).catch((reason: unknown) => reason);
      await release();

      expect(error).to.be.instanceOf(EvidaError).with.property('code', 'DIRECTORY_IN_USE');
      expect(error).to.have.property('message').that.contains(`in use by the demo, process ${process.pid}`);
    });

    it('gives up after the time it may wait', async () => {
      const release = await acquireExclusive(directory, 'the demo', { platform });
      const waitedFor: string[] = [];
      const error = await acquireExclusive(directory, 'a test', {
        platform,
        waitMs: 50,
        onWait: (holder) => waitedFor.push(holder),
      }).catch((reason: unknown) => reason);
      await release();

      expect(error).to.have.property('code', 'DIRECTORY_IN_USE');
      expect(waitedFor).to.deep.equal([`the demo, process ${process.pid}`]);
    });

    it('hands over to those who wait, one at a time', async () => {
      const release = await acquireExclusive(directory, 'first', { platform });
      let inside = 0;
      const waiters = ['second', 'third', 'fourth'].map(async (what) => {
        const releaseIt = await acquireExclusive(directory, what, { platform, waitMs: 5_000 });
        inside += 1;
        expect(inside).to.equal(1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        await releaseIt();
      });
      await release();
      await release();
      await Promise.all(waiters);
    });

    it('takes over from a process that was killed', async () => {
      const holder = startHolder(directory, platform);
      await once(holder.stdout ?? holder, 'data');
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      const release = await acquireExclusive(directory, 'the next one', { platform });
      await release();
    });
  });
}

function startHolder(directory: string, platform: NodeJS.Platform): ChildProcess {
  const script = `
    import { acquireExclusive } from ${JSON.stringify(new URL('./exclusive.ts', import.meta.url).href)};
    await acquireExclusive(${JSON.stringify(directory)}, 'the holder', { platform: ${JSON.stringify(platform)} });
    setInterval(() => {}, 1000);
    console.log('held');
  `;
  return spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
