import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import {
  answerDeadLetterRequests,
  askForDeadLetters,
  type DeadLetterRequest,
} from './dead-letter-requests.ts';

describe('requests about dead letters', () => {
  let directory: string;
  let stop: AbortController;
  let answering: Promise<void>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-requests-'));
    stop = new AbortController();
    answering = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await answering;
    await rm(directory, { recursive: true });
  });

  function answerWith(handle: Parameters<typeof answerDeadLetterRequests>[1]): void {
    const { log } = createLogLines();
    answering = answerDeadLetterRequests(directory, handle, { log, signal: stop.signal, everyMs: 5 });
  }

  function ask(
    request: DeadLetterRequest,
    { takenWithinMs = 5000, waitMs = 5000, signal = stop.signal } = {},
  ) {
    return askForDeadLetters(directory, request, { signal, waitMs, takenWithinMs });
  }

  const left = () => readdir(join(directory, 'requests'));

  it('are answered by the process that holds the letters, and leave nothing', async () => {
    const asked: DeadLetterRequest[] = [];
    answerWith((request) => {
      asked.push(request);
      return Promise.resolve({ done: asked.length, left: 7 });
    });
    const drop = { verb: 'drop', filter: { kind: 'point', ids: [1, 2] } } as const;
    const replay = { verb: 'replay', filter: { reason: 'x' } } as const;
    expect(await ask(drop)).to.deep.equal({ done: 1, left: 7 });
    expect(await ask(replay)).to.deep.equal({ done: 2, left: 7 });
    expect(asked).to.deep.equal([drop, replay]);
    expect(await left()).to.deep.equal([]);
  });

  it('give the problem back if there is one', async () => {
    answerWith(() => Promise.reject(new Error('the disk refuses')));
    expect(await ask({ verb: 'drop', filter: {} })).to.deep.equal({
      done: 0,
      left: 0,
      problem: 'the disk refuses',
    });
  });

  it('are withdrawn if nobody takes them, in time or when the asker gives up', async () => {
    expect(await ask({ verb: 'drop', filter: {} }, { takenWithinMs: 10 })).to.equal(undefined);
    expect(await left()).to.deep.equal([]);
    const giveUp = new AbortController();
    const asking = ask({ verb: 'drop', filter: {} }, { signal: giveUp.signal }).catch(
      (error: unknown) => error,
    );
    giveUp.abort();
    expect(await asking).to.have.property('name', 'AbortError');
    expect(await left()).to.deep.equal([]);
  });

  it('are given up if the answer takes too long', async () => {
    let finish = () => {};
    const begun = new Promise<void>((resolve) => {
      answerWith(() => {
        resolve();
        return new Promise((done) => {
          finish = () => done({ done: 1, left: 0 });
        });
      });
    });
    const asking = ask({ verb: 'drop', filter: {} }, { waitMs: 20 });
    await begun;
    expect(await asking).to.equal(undefined);
    finish();
  });

  it('are not taken up when whoever asked was killed long ago', async () => {
    await ask({ verb: 'drop', filter: {} }, { takenWithinMs: 1 });
    const old = join(directory, 'requests', 'abc.request.json');
    await writeFile(old, '{"verb":"drop","filter":{}}');
    await utimes(old, new Date(0), new Date(0));
    let handled = 0;
    answerWith(() => {
      handled += 1;
      return Promise.resolve({ done: 0, left: 0 });
    });
    await ask({ verb: 'drop', filter: {} });
    expect(handled).to.equal(1);
    expect(await left()).to.deep.equal([]);
  });
});
