import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aMessage, aPoint, failing, openJournal, plain } from '../../test/fixture/journal.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import type { Journal } from './journal.ts';
import type { JournalReader } from './journal-reader.ts';

describe('JournalReader', () => {
  let directory: string;
  let journal: Journal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-reader-'));
    journal = await openJournal(directory, { segmentBytes: 1000 });
  });
  afterEach(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });

  async function append(from: number, to: number): Promise<void> {
    for (let number = from; number <= to; number++) {
      journal.append(number % 5 === 0 ? aPoint(number) : aMessage(number, 50));
      if (number % 3 === 0) await journal.committed(number);
    }
    await journal.committed(to);
  }

  async function sequences(reader: JournalReader, maxBytes = 300): Promise<number[]> {
    const found: number[] = [];
    for (let part = await reader.next(maxBytes); part.length > 0; part = await reader.next(maxBytes)) {
      found.push(...part.map(({ sequence }) => sequence));
    }
    return found;
  }

  const from = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);

  it('gives committed records only, from where it is told, and more when there are more', async () => {
    await append(1, 50);
    const reader = journal.read(20);
    expect(reader.position).to.equal(19);
    expect(await sequences(reader)).to.deep.equal(from(20, 50));
    expect(reader.position).to.equal(50);
    journal.append(aMessage(51));
    expect(await reader.next(1000)).to.deep.equal([]);
    await journal.committed(reader.position + 1);
    expect(await sequences(reader)).to.deep.equal([51]);
    await append(52, 90);
    expect(await sequences(reader)).to.deep.equal(from(52, 90));
    await reader.close();
    await append(91, 99);
    expect(await sequences(reader)).to.deep.equal(from(91, 99));
    await reader.close();
  });

  it('gives about as many bytes as it is asked for, but one record at least', async () => {
    await append(1, 20);
    const reader = journal.read(1);
    expect(await reader.next(1)).to.have.length(1);
    expect(await reader.next(300)).to.have.length.within(3, 6);
    await reader.close();
  });

  it('gives nothing, and waits, where nothing was written yet', async () => {
    const reader = journal.read(1);
    expect(await reader.next(1000)).to.deep.equal([]);
    await append(1, 2);
    expect(await sequences(reader)).to.deep.equal([1, 2]);
    await reader.close();
  });

  it('passes over kinds that are not wanted, and tells how far it has looked', async () => {
    await append(1, 52);
    const reader = journal.read(7, { kinds: ['point'] });
    const found = await reader.next(1e6);
    expect(found.map(({ sequence }) => sequence)).to.deep.equal([10, 15, 20, 25, 30, 35, 40, 45, 50]);
    expect(found.map(({ entry }) => plain(entry))[0]).to.deep.equal(aPoint(10));
    expect(await reader.next(1e6)).to.deep.equal([]);
    expect(reader.position).to.equal(52);
    await reader.close();
  });

  it('goes on with what is left when segments before it are deleted', async () => {
    await append(1, 100);
    const reader = journal.read(1);
    expect(await reader.next(1)).to.have.length(1);
    const other = journal.read(2);
    const names = await readdir(directory);
    for (const name of names.slice(0, 3)) await rm(join(directory, name));
    const kept = Number(names[3]?.slice(0, 16));
    // One has its segment still open; the other finds none before the fourth.
    const found = await sequences(reader);
    expect(found.slice(0, 2)).to.deep.equal([2, 3]);
    expect(found.slice(-2)).to.deep.equal([99, 100]);
    expect(await sequences(other)).to.deep.equal(from(kept, 100));
    await reader.close();
    await other.close();
  });

  it('never misses nor repeats a record while others append and delete', async () => {
    await journal.close();
    journal = await openJournal(directory, { segmentBytes: 2000, keepMs: -1000 });
    const reader = journal.read(1);
    const points = journal.read(1, { kinds: ['point'] });
    const last = 2000;
    const seen: number[] = [];
    const seenPoints: number[] = [];
    const read = async (one: JournalReader, into: number[]) => {
      while (one.position < last) {
        const part = await one.next(500);
        into.push(...part.map(({ sequence }) => sequence));
        if (part.length === 0) await journal.committed(one.position + 1);
        journal.release({ snapshot: points.position, sent: reader.position });
      }
    };
    await Promise.all([append(1, last), read(reader, seen), read(points, seenPoints)]);
    expect(seen).to.deep.equal(from(1, last));
    expect(seenPoints).to.deep.equal(from(1, last).filter((number) => number % 5 === 0));
    expect(journal.firstSequence).to.be.greaterThan(1000);
    await reader.close();
    await points.close();
  });

  it('gives again what it had read when the disk refused to go on', async () => {
    await append(1, 60);
    const reader = journal.read(1);
    const fault = failing('read', 'EIO', 2, 2);
    const found: number[] = [];
    let refused = 0;
    while (reader.position < 60) {
      const part = await reader.next(1e6).catch((error: unknown) => {
        expect(error).to.have.property('code', 'EIO');
        refused += 1;
        return [];
      });
      found.push(...part.map(({ sequence }) => sequence));
    }
    fault.end();
    expect(refused).to.equal(2);
    expect(found).to.deep.equal(from(1, 60));
    await reader.close();
  });

  for (const kinds of [undefined, ['point'] as const]) {
    it(`passes over what is damaged while it reads ${kinds ?? 'everything'}, says so, and does not stand still there`, async () => {
      const { log, lines } = createLogLines();
      await journal.close();
      journal = await openJournal(directory, { segmentBytes: 1000, log });
      await append(1, 15);
      const [name = ''] = await readdir(directory);
      const file = await open(join(directory, name), 'r+');
      const { size } = await file.stat();
      await file.write(Buffer.alloc(100, 0xff), 0, 100, 200);
      await file.write(Buffer.alloc(20, 0xff), 0, 20, size - 20);
      await file.close();
      const reader = journal.read(1, kinds && { kinds });
      const found = await sequences(reader, 1e6);
      expect(found)
        .to.include(kinds === undefined ? 1 : 10)
        .and.not.include.members(from(1, 15));
      expect(reader.position).to.equal(15);
      expect(lines.filter((line) => line.includes('the log is damaged'))).to.have.length(2);
      await append(16, 25);
      expect(await sequences(reader)).to.deep.equal(
        from(16, 25).filter((number) => !kinds || number % 5 === 0),
      );
      await reader.close();
    });
  }
});
