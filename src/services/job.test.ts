import { expect } from 'chai';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { Job, jobRunInWords } from './job.ts';

describe('Job', () => {
  it('runs never twice at once: who asks meanwhile gets the run that is under way', async () => {
    let running = 0;
    let release = (): void => undefined;
    const work = () => {
      running++;
      return new Promise<object>((resolve) => {
        release = () => resolve({ rows: 7 });
      });
    };
    const job = new Job('test', work, createLogLines().log);
    const runs = [job.run(), job.run()];
    expect(running).to.equal(1);
    release();
    const [first, second] = await Promise.all(runs);
    expect(first).to.equal(second);
    expect(first && jobRunInWords(first)).to.match(/^test done in \d+\.\d s: rows 7$/);
    await job.stop();
  });

  it('logs a failure and lives on', async () => {
    const { log, lines } = createLogLines();
    const job = new Job('test', () => Promise.reject(new Error('no luck')), log);
    expect(await job.run()).to.deep.include({ outcome: { error: 'no luck' }, exitCode: 1 });
    expect(lines.join()).to.contain('test failed').and.to.contain('no luck');
    await job.stop();
  });

  it('neither runs nor is scheduled any more once it was stopped', async () => {
    let runs = 0;
    const job = new Job('test', () => Promise.resolve({ runs: ++runs }), createLogLines().log);
    await job.stop();
    job.schedule('* * * * *', 'UTC');
    expect((await job.run()).outcome).to.deep.equal({ error: 'test was stopped' });
    expect(runs).to.equal(0);
  });

  it('asks the run that is under way to give up when it is stopped, and waits until it has', async () => {
    const { log, lines } = createLogLines();
    let gaveUp = false;
    const work = (signal: AbortSignal) =>
      new Promise<object>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          gaveUp = true;
          setImmediate(() => reject(signal.reason));
        });
      });
    const job = new Job('test', work, log);
    const run = job.run();
    await job.stop();
    expect(gaveUp).to.equal(true);
    expect((await run).outcome).to.deep.equal({ error: 'test was stopped' });
    expect(lines.join()).not.to.contain('"level":50');
  });
});
