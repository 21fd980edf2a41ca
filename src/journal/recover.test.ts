import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  aMessage,
  anyEntry,
  aPoint,
  type Fault,
  openJournal,
  plain,
  readAll,
  sentUpTo,
  withoutSync,
} from '../../test/fixture/journal.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { runs } from '../../test/fixture/runs.ts';
import type { JournalEntry, JournalRecord } from './entry.ts';
import { recordBytes } from './record.ts';
import type { Recovered } from './recover.ts';

const HEADER_BYTES = 16;

describe('a log that is opened after a crash', function () {
  this.timeout(60_000);
  let root: string;
  let directory: string;
  let faults: readonly Fault[];
  before(() => {
    faults = withoutSync();
  });
  after(() => {
    for (const fault of faults) fault.end();
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'evida-recover-'));
    directory = join(root, 'journal');
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Writes a log, each entry in a commit of its own. */
  async function write(entries: readonly JournalEntry[], segmentBytes = 100_000): Promise<void> {
    const journal = await openJournal(directory, { segmentBytes });
    for (const entry of entries) await journal.committed(journal.append(entry));
    await journal.close();
  }

  /** Opens a log, writes on, opens it again, and gives what it held at first. */
  async function open(
    at = directory,
  ): Promise<{ recovered: Recovered; records: JournalRecord[]; said: string }> {
    const { log, lines } = createLogLines();
    const journal = await openJournal(at, { log });
    const records = await readAll(journal);
    const next = journal.append(aPoint(999));
    expect(next).to.equal(journal.recovered.lastSequence + 1);
    await journal.close();
    const again = await openJournal(at);
    expect((await readAll(again)).map(({ sequence }) => sequence)).to.deep.equal([
      ...records.map(({ sequence }) => sequence),
      next,
    ]);
    expect(again.recovered.damage.filter(({ known }) => !known)).to.deep.equal([]);
    await again.close();
    return { recovered: journal.recovered, records, said: lines.join('') };
  }

  async function files(at = directory): Promise<string[]> {
    return (await readdir(at)).filter((name) => name.endsWith('.log')).map((name) => join(at, name));
  }

  async function copyTo(name: string): Promise<string> {
    const to = join(root, name);
    await mkdir(to);
    for (const file of await files()) await copyFile(file, join(to, basename(file)));
    return to;
  }

  /** Where each record of a segment ends. */
  async function ends(file: string): Promise<number[]> {
    const bytes = await readFile(file);
    const found: number[] = [];
    for (let at = HEADER_BYTES; at < bytes.length; found.push(at)) at += recordBytes(bytes, at) ?? Number.NaN;
    return found;
  }

  it('is the same up to the last whole record, wherever it was cut, and says what was cut', async () => {
    const entries = [aMessage(1), aPoint(2), aMessage(3), sentUpTo(2), aMessage(5)];
    await write(entries);
    const [file = ''] = await files();
    const bounds = await ends(file);
    const whole = bounds.at(-1) ?? 0;
    for (let size = whole; size >= 0; size--) {
      const at = await copyTo(`cut-${size}`);
      const [cut = ''] = await files(at);
      await truncate(cut, size);
      const { recovered, records, said } = await open(at);
      const left = bounds.filter((bound) => bound <= size).length;
      expect(records.map(({ entry }) => plain(entry))).to.deep.equal(entries.slice(0, left).map(plain));
      expect(recovered.lastSequence).to.equal(left);
      const lastWhole = [0, HEADER_BYTES, ...bounds].filter((bound) => bound <= size).at(-1) ?? 0;
      const torn = { kind: 'torn', file: cut, offset: lastWhole, bytes: size - lastWhole };
      if (torn.bytes === 0) expect(recovered.damage).to.deep.equal([]);
      else expect(recovered.damage).to.have.length(1).with.nested.property('[0]').that.includes(torn);
      expect(said.includes('torn')).to.equal(torn.bytes > 0);
    }
  });

  it('loses one record at most when a byte falls over, says so once, and keeps the bytes', async () => {
    const entries = [aMessage(1), aPoint(2), aMessage(3), sentUpTo(2), aMessage(5), aPoint(6)];
    await write(entries, 150);
    const all = await files();
    expect(all).to.have.length.greaterThan(1);
    let first = 1;
    for (const [index, file] of all.entries()) {
      const bounds = await ends(file);
      const bytes = await readFile(file);
      for (let offset = 0; offset < bytes.length; offset++) {
        const at = await copyTo(`flip-${index}-${offset}`);
        const damaged = Buffer.from(bytes);
        damaged[offset] = (damaged[offset] ?? 0) ^ (1 << (offset % 8));
        await writeFile(join(at, basename(file)), damaged);
        const { recovered, records, said } = await open(at);
        const hit =
          offset < HEADER_BYTES ? undefined : first + bounds.filter((bound) => bound <= offset).length;
        const kept = entries.filter((_, position) => position + 1 !== hit);
        expect(
          records.map(({ entry }) => plain(entry)),
          `${index} at ${offset}`,
        ).to.deep.equal(kept.map(plain));
        expect(recovered.damage).to.have.length(1);
        expect(said).to.match(/damage|torn/);
        const [found] = recovered.damage;
        if (found === undefined) throw new Error('nothing was found');
        const { kind, file: where, offset: from, bytes: size } = found;
        expect(offset).to.be.within(from, from + size - 1);
        const aside = kind === 'torn' ? `${where}.torn` : `${where}@${from}.damaged`;
        expect(await readFile(aside)).to.deep.equal(damaged.subarray(from, from + size));
      }
      first += bounds.length;
    }
  });

  it('never fails, and gives only records that were written, whatever has become of its files', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(anyEntry, { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.oneof(
            fc.record({ what: fc.constant('cut' as const), file: fc.nat(5), at: fc.nat(400) }),
            fc.record({ what: fc.constant('remove' as const), file: fc.nat(5) }),
            fc.record({ what: fc.constant('empty' as const), file: fc.nat(5) }),
            fc.record({
              what: fc.constant('insert' as const),
              file: fc.nat(5),
              at: fc.nat(400),
              over: fc.nat(50),
              bytes: fc.uint8Array({ maxLength: 50 }),
            }),
            fc.record({ what: fc.constant('double' as const), file: fc.nat(5), at: fc.nat(400) }),
          ),
          { maxLength: 4 },
        ),
        async (entries, harms) => {
          await rm(directory, { recursive: true, force: true });
          await write(entries, 200);
          for (const harm of harms) {
            const there = await files();
            const file = there[harm.file % Math.max(1, there.length)];
            if (file === undefined) continue;
            const bytes = await readFile(file);
            if (harm.what === 'cut') await truncate(file, Math.min(bytes.length, harm.at));
            else if (harm.what === 'remove') await rm(file);
            else if (harm.what === 'empty') await truncate(file, 0);
            else {
              const at = Math.min(harm.at, bytes.length);
              const [put, from] = harm.what === 'insert' ? [harm.bytes, at + harm.over] : [bytes, at];
              await writeFile(file, Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(from)]));
            }
          }
          const { records, recovered } = await open();
          let last = 0;
          for (const { sequence, entry } of records) {
            expect(sequence).to.be.greaterThan(last);
            last = sequence;
            expect(plain(entry)).to.deep.equal(plain(entries[sequence - 1] ?? aPoint(0)));
          }
          expect(recovered.lastSequence).to.be.at.least(last);
          if (harms.length === 0) expect(records).to.have.length(entries.length);
        },
      ),
      { numRuns: runs(100) },
    ));

  it('passes over a segment that is missing, and says so once', async () => {
    await write(
      [1, 2, 3, 4, 5, 6].map((number) => aMessage(number)),
      100,
    );
    const all = await files();
    await rm(all[1] ?? '');
    const { records, recovered, said } = await open();
    expect(records.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 5, 6]);
    expect(recovered.damage).to.deep.equal([
      { kind: 'missing', file: all[2], offset: 0, bytes: 0, firstSequence: 3, lastSequence: 4, known: false },
    ]);
    expect(said).to.contain('records of the log are missing');
  });

  it('passes over what is damaged in the middle, however large', async () => {
    await write(
      [
        aMessage(1),
        aMessage(2, 300_000),
        aMessage(3, 900_000),
        aMessage(4),
        aMessage(5, 2_000_000),
        aPoint(6),
      ],
      1e7,
    );
    const [file = ''] = await files();
    const bytes = await readFile(file);
    bytes.fill(0, 200, 600_000);
    await writeFile(file, bytes);
    const { records, recovered } = await open();
    expect(records.map(({ sequence }) => sequence)).to.deep.equal([1, 4, 5, 6]);
    expect(
      recovered.damage.map(({ kind, firstSequence, lastSequence }) => [kind, firstSequence, lastSequence]),
    ).to.deep.equal([['damaged', 2, 3]]);
  });

  it('removes a segment that was only just created, and keeps no zeros that a crash has left', async () => {
    await write([aMessage(1)]);
    for (const content of [Buffer.alloc(0), Buffer.from('EVIDA'), Buffer.alloc(4096)]) {
      await writeFile(join(directory, '0000000000000002.log'), content);
      const at = await copyTo(`created-${content.length}`);
      const { records, recovered } = await open(at);
      expect(records.map(({ sequence }) => sequence)).to.deep.equal([1]);
      expect(recovered.lastSequence).to.equal(1);
      const aside = (await readdir(at)).filter((name) => !name.endsWith('.log'));
      expect(aside).to.deep.equal(content.length === 5 ? ['0000000000000002.log.torn'] : []);
    }
  });

  it('goes on behind a segment whose writing the disk has refused, and says nothing', async () => {
    await write([aMessage(1), aMessage(2), aMessage(3)]);
    const [file = ''] = await files();
    const bounds = await ends(file);
    // What it could not cut off: records 2 and 3, which it then wrote to a new segment, as they were.
    const journal = await openJournal(join(root, 'other'), { after: 1 });
    for (const number of [2, 3]) journal.append(aMessage(number));
    await journal.close();
    await copyFile(join(root, 'other', '0000000000000002.log'), join(directory, '0000000000000002.log'));
    for (const cut of [0, 5]) {
      await truncate(file, (bounds.at(-1) ?? 0) - cut);
      const { records, recovered, said } = await open(await copyTo(`refused-${cut}`));
      expect(records.map(({ entry }) => plain(entry))).to.deep.equal(
        [1, 2, 3].map((number) => plain(aMessage(number))),
      );
      expect(recovered.damage).to.deep.equal([]);
      expect(said).not.to.contain('damage');
    }
  });

  it('is refused if a later version has written one of its files, and nothing is touched', async () => {
    await write([aMessage(1), aMessage(2), aMessage(3), aMessage(4)], 100);
    const all = await files();
    const last = all.at(-1) ?? '';
    const bytes = await readFile(last);
    // The header of format 2, as a later version would write it.
    bytes.set(Buffer.from('45564944414c4f4702000000', 'hex'));
    bytes.writeUInt32LE((await import('./crc32c.ts')).crc32c(bytes, 0, 12), 12);
    await writeFile(last, bytes);
    await truncate(all[0] ?? '', 20);
    const before = await Promise.all(
      (await readdir(directory)).map(async (name) => [name, (await stat(join(directory, name))).size]),
    );
    const error: unknown = await openJournal(directory).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'JOURNAL_FORMAT');
    expect(String(error)).to.contain(last).and.contain('format 2');
    const after = await Promise.all(
      (await readdir(directory)).map(async (name) => [name, (await stat(join(directory, name))).size]),
    );
    expect(after).to.deep.equal(before);
  });
});
