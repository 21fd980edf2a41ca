import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aMessage, failing, openJournal, readAll } from '../../test/fixture/journal.ts';
import type { Journal } from './journal.ts';

const KEEP_MS = 1000;

describe('retention of the log', () => {
  let directory: string;
  let journal: Journal;
  let now = 0;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-retention-'));
    now = Date.now();
    journal = await open();
    for (let number = 1; number <= 9; number++)
      await journal.committed(journal.append(aMessage(number, 100)));
  });
  afterEach(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });

  /** Three records a segment. */
  function open(): Promise<Journal> {
    return openJournal(directory, { segmentBytes: 400, keepMs: KEEP_MS, now: () => now });
  }

  async function left(): Promise<number[]> {
    await journal.close();
    return (await readdir(directory))
      .filter((name) => name.endsWith('.log'))
      .map((name) => Number(name.slice(0, 16)));
  }

  it('keeps what the snapshot or the sender still needs, however old', async () => {
    now += 10 * KEEP_MS;
    journal.release({ snapshot: 9 });
    journal.release({ sent: 5 });
    expect(await left()).to.deep.equal([4, 7]);
  });

  it('keeps what is not old enough', async () => {
    journal.release({ snapshot: 9, sent: 9 });
    expect(await left()).to.deep.equal([1, 4, 7]);
  });

  it('deletes what is passed and old, but never the last segment', async () => {
    now += KEEP_MS + 1;
    journal.release({ snapshot: 9, sent: 9 });
    expect(await left()).to.deep.equal([7]);
  });

  it('never goes back, and looks again with each commit', async () => {
    journal.release({ snapshot: 9, sent: 9 });
    journal.release({ snapshot: 1, sent: 1 });
    now += KEEP_MS + 1;
    await journal.committed(journal.append(aMessage(10)));
    expect(await left()).to.deep.equal([10]);
  });

  it('counts the age from the last writing, over a restart', async () => {
    await journal.close();
    journal = await open();
    journal.release({ snapshot: 9, sent: 9 });
    await journal.committed(journal.append(aMessage(10)));
    expect(journal.firstSequence).to.equal(1);
    now += 2 * KEEP_MS;
    journal.release({});
    expect((await left())[0]).to.be.greaterThan(4);
  });

  it('deletes what was set aside of a segment together with it', async () => {
    await journal.close();
    const first = join(directory, '0000000000000001.log');
    const bytes = await readFile(first);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    await writeFile(first, bytes);
    await rm(join(directory, '0000000000000004.log'));
    journal = await open();
    expect(await readdir(directory)).to.deep.equal([
      '0000000000000001.log',
      '0000000000000001.log@16.damaged',
      '0000000000000004.missing',
      '0000000000000007.log',
    ]);
    now += 2 * KEEP_MS;
    journal.release({ snapshot: 9, sent: 9 });
    await journal.close();
    expect(await readdir(directory)).to.deep.equal(['0000000000000004.missing', '0000000000000007.log']);
  });

  it('leaves a log that is whole if it cannot go on, and goes on later', async () => {
    now += KEEP_MS + 1;
    const fault = failing('unlink', 'EIO', 1);
    journal.release({ snapshot: 9, sent: 9 });
    await journal.committed(journal.append(aMessage(10)));
    fault.end();
    expect((await readAll(journal)).map(({ sequence }) => sequence)).to.include.members([7, 8, 9, 10]);
    journal.release({});
    expect((await left())[0]).to.be.at.least(7);
  });
});
