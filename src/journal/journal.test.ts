import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aMessage, aPoint, openJournal, plain, readAll, sentUpTo } from '../../test/fixture/journal.ts';

describe('Journal', () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'evida-journal-')), 'journal');
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('gives what was taken, in order, over restarts', async () => {
    const entries = [aMessage(1), aPoint(2), sentUpTo(1), aMessage(4), aMessage(5)];
    let next = 1;
    for (const part of [entries.slice(0, 2), entries.slice(2, 3), entries.slice(3)]) {
      const journal = await openJournal(directory);
      expect(journal.recovered).to.include({ lastSequence: next - 1 });
      for (const entry of part) expect(journal.append(entry)).to.equal(next++);
      await journal.close();
    }
    const journal = await openJournal(directory);
    const records = await readAll(journal);
    await journal.close();
    expect(records.map(({ entry }) => plain(entry))).to.deep.equal(entries.map(plain));
    expect(records.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(journal.recovered).to.deep.equal({
      firstSequence: 1,
      lastSequence: 5,
      lastTime: 1_793_000_000_005,
      damage: [],
    });
  });

  it('commits what a turn of the event loop brings at once, and tells then', async () => {
    const journal = await openJournal(directory);
    const told: number[] = [];
    const remove = journal.onCommit(() => told.push(journal.committedSequence));
    for (let number = 1; number <= 100; number++) journal.append(aMessage(number));
    expect(journal).to.include({ lastSequence: 100, committedSequence: 0 });
    expect(journal.uncommittedBytes)
      .to.be.greaterThan(100 * 40)
      .and.equal(journal.appendedBytes);
    await journal.committed(100);
    expect(told).to.deep.equal([100]);
    expect(journal).to.include({ committedSequence: 100, uncommittedBytes: 0 });
    remove();
    journal.append(aMessage(101));
    await journal.committed(101);
    expect(told).to.deep.equal([100]);
    await journal.close();
  });

  it('takes more while the disk works on a commit', async () => {
    const journal = await openJournal(directory);
    const committed: number[] = [];
    journal.onCommit(() => {
      committed.push(journal.committedSequence);
      if (journal.lastSequence < 5) journal.append(aMessage(journal.lastSequence + 1));
    });
    journal.append(aMessage(1));
    await journal.committed(5);
    expect(committed).to.deep.equal([1, 2, 3, 4, 5]);
    await journal.close();
  });

  it('waits for a record until it is committed, the signal is aborted or the log is closed', async () => {
    const journal = await openJournal(directory);
    const giveUp = new AbortController();
    const aborted = journal.committed(1, giveUp.signal).catch((error: unknown) => error);
    const closed = journal.committed(2).catch((error: unknown) => error);
    giveUp.abort(new Error('enough'));
    expect(await aborted).to.have.property('message', 'enough');
    expect(await journal.committed(1, giveUp.signal).catch((error: unknown) => error)).to.have.property(
      'message',
      'enough',
    );
    journal.append(aMessage(1));
    await journal.committed(1);
    await journal.close();
    await journal.close();
    expect(await closed).to.have.property('code', 'JOURNAL_REFUSED');
    expect(() => journal.append(aPoint(2)))
      .to.throw()
      .with.property('code', 'JOURNAL_REFUSED');
    expect(await journal.committed(1)).to.equal(undefined);
  });

  it('copies what it takes', async () => {
    const journal = await openJournal(directory);
    const message = aMessage(1);
    const before = plain(message);
    journal.append(message);
    if (message.kind === 'message') message.payload.fill(0);
    await journal.committed(1);
    expect((await readAll(journal)).map(({ entry }) => plain(entry))).to.deep.equal([before]);
    await journal.close();
  });

  it('begins a new segment when one is full, named by its first record, for this user alone', async () => {
    const journal = await openJournal(directory, { segmentBytes: 1000 });
    for (let number = 1; number <= 30; number++) {
      journal.append(aMessage(number, 100));
      await journal.committed(number);
    }
    await journal.close();
    const names = await readdir(directory);
    expect(names).to.have.length.greaterThan(3);
    let bytes = 0;
    for (const name of names) {
      const { size, mode } = await stat(join(directory, name));
      expect(size).to.be.within(100, 1200);
      expect(mode & 0o777).to.equal(0o600);
      bytes += size;
    }
    expect(journal.bytes).to.equal(bytes);
    expect(names[0]).to.equal('0000000000000001.log');
    const again = await openJournal(directory);
    expect((await readAll(again)).map(({ sequence }) => sequence)).to.deep.equal(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    await again.close();
  });

  it('gives no sequence twice that others know, even if the log is lost, and says so once', async () => {
    const journal = await openJournal(directory, { after: 41 });
    expect(journal.recovered.damage).to.deep.include.members([
      { ...journal.recovered.damage[0], kind: 'missing', firstSequence: 1, lastSequence: 41, known: false },
    ]);
    expect(journal.append(aMessage(1))).to.equal(42);
    await journal.close();
    const again = await openJournal(directory, { after: 41 });
    expect(again.recovered).to.include({ firstSequence: 42, lastSequence: 42 });
    expect(again.recovered.damage).to.deep.equal([]);
    await again.close();
    const jumped = await openJournal(directory, { after: 50 });
    expect(jumped.append(aMessage(2))).to.equal(51);
    await jumped.close();
    const last = await openJournal(directory);
    expect(last.recovered.damage.map(({ known }) => known)).to.deep.equal([true]);
    expect((await readAll(last)).map(({ sequence }) => sequence)).to.deep.equal([42, 51]);
    await last.close();
  });

  it('keeps in order what was taken while segments change', async () => {
    const journal = await openJournal(directory, { segmentBytes: 200 });
    for (let number = 1; number <= 200; number++) {
      journal.append(aMessage(number));
      if (number % 7 === 0) await journal.committed(number - 3);
    }
    await journal.committed(200);
    expect((await readAll(journal)).map(({ sequence }) => sequence)).to.deep.equal(
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    await journal.close();
  });
});
