import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aMessage, aPoint, openJournal, sentUpTo } from '../../test/fixture/journal.ts';
import type { Journal } from './journal.ts';
import { readJournal } from './read-journal.ts';

/** What `aMessage` adds the number to. */
const START = 1_793_000_000_000;

describe('readJournal', () => {
  let directory: string;
  let journal: Journal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-read-'));
    journal = await openJournal(directory, { segmentBytes: 500 });
    for (let number = 1; number <= 60; number++) {
      await journal.committed(journal.append(number % 10 === 0 ? aPoint(number) : aMessage(number)));
    }
  });
  afterEach(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });

  async function sequences(range?: { from?: number; to?: number }): Promise<number[]> {
    const found: number[] = [];
    for await (const part of readJournal(directory, range))
      found.push(...part.map(({ sequence }) => sequence));
    return found;
  }

  const from = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);

  it('gives all that is there, while a process has it open', async () => {
    expect(await sequences()).to.deep.equal(from(1, 60));
  });

  it('gives what lies between two times, with what happened there', async () => {
    expect(await sequences({ from: START + 15, to: START + 40 })).to.deep.equal(from(15, 40));
    expect(await sequences({ from: START + 55 })).to.deep.equal(from(55, 60));
    expect(await sequences({ to: START + 3 })).to.deep.equal(from(1, 3));
    expect(await sequences({ from: START + 100 })).to.deep.equal([]);
  });

  it('leaves out what the process has not finished writing, and touches nothing', async () => {
    await journal.close();
    const last = join(directory, (await readdir(directory)).at(-1) ?? '');
    const bytes = await readFile(last);
    await truncate(last, bytes.length - 3);
    const before = await readdir(directory);
    expect(await sequences()).to.deep.equal(from(1, 59));
    expect(await readdir(directory)).to.deep.equal(before);
    expect(await readFile(last)).to.have.length(bytes.length - 3);
  });

  it('passes over what is damaged', async () => {
    const name = (await readdir(directory))[1] ?? '';
    const bytes = await readFile(join(directory, name));
    bytes.fill(0xff, 0, 60);
    await writeFile(join(directory, name), bytes);
    const first = Number(name.slice(0, 16));
    const read = await sequences();
    expect(from(1, 60).filter((sequence) => !read.includes(sequence))).to.deep.equal([first]);
  });

  it('goes on where a segment is deleted while it reads', async () => {
    const parts = readJournal(directory);
    expect(await parts.next()).to.have.property('done', false);
    const names = await readdir(directory);
    await rm(join(directory, names[1] ?? ''));
    const rest: number[] = [];
    for await (const part of parts) rest.push(...part.map(({ sequence }) => sequence));
    expect(rest.at(0)).to.equal(Number(names[2]?.slice(0, 16)));
    expect(rest.at(-1)).to.equal(60);
  });

  it('refuses what a later version has written', async () => {
    const other = await mkdtemp(join(tmpdir(), 'evida-later-'));
    const [name = ''] = await readdir(directory);
    await copyFile(join(directory, name), join(other, name));
    const bytes = await readFile(join(other, name));
    bytes.set(Buffer.from('45564944414c4f4702000000', 'hex'));
    bytes.writeUInt32LE((await import('./crc32c.ts')).crc32c(bytes, 0, 12), 12);
    await writeFile(join(other, name), bytes);
    const error: unknown = await readJournal(other)
      .next()
      .catch((thrown: unknown) => thrown);
    await rm(other, { recursive: true });
    expect(error).to.have.property('code', 'JOURNAL_FORMAT');
  });

  it('gives control records with the time that they carry', async () => {
    journal.append(sentUpTo(3));
    journal.append({ kind: 'control', control: { kind: 'unobserved', from: START, to: START + 500 } });
    await journal.committed(journal.append(aPoint(1)));
    expect(await sequences({ from: START + 100 })).to.deep.equal([62, 63]);
  });
});
