import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { failing } from '../../test/fixture/journal.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  DeadLetters,
  findDeadLetter,
  listDeadLetters,
} from './dead-letters.ts';

const KB = 1024;

function deadMessage(id: number, { reason = 'unknown-topic', bytes = 10 } = {}): DeadLetter {
  const payload = Buffer.alloc(bytes, id).toString('base64');
  return { kind: 'message', id, receivedAt: id, topic: 'ä', payload, reason, detail: 'Ä\n', diedAt: id };
}

function deadPoint(id: number, reason = 'type conflict'): DeadLetter {
  return {
    kind: 'point',
    id,
    line: `photograph,box=1 status="x" ${id}`,
    bucket: 'history',
    reason,
    diedAt: id,
  };
}

describe('DeadLetters', () => {
  let directory: string;
  let letters: DeadLetters;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'evida-letters-')), 'dead-letters');
    letters = await open();
  });
  afterEach(async () => {
    await letters.close();
    await rm(join(directory, '..'), { recursive: true });
  });

  function open(maxBytes = 64 * KB * KB, log = createLogLines().log): Promise<DeadLetters> {
    return DeadLetters.open({ directory, maxBytes, log });
  }

  /** As any other process sees them. */
  async function ids(filter?: DeadLetterFilter & { limit?: number }): Promise<number[]> {
    const found: number[] = [];
    for await (const { id } of listDeadLetters(directory, filter)) found.push(id);
    return found;
  }

  it('keeps letters whole, over restarts, for this user alone', async () => {
    const large = deadMessage(3, { bytes: KB * KB });
    for (const letter of [deadMessage(1), deadPoint(2), large]) expect(letters.add(letter)).to.equal(true);
    expect(await ids()).to.deep.equal([]);
    await letters.flush();
    expect(await ids()).to.deep.equal([1, 2, 3]);
    await letters.close();
    letters = await open();
    expect(letters.lastId).to.equal(3);
    expect(await letters.find(3)).to.deep.equal(large);
    expect(await findDeadLetter(directory, 2)).to.deep.equal(deadPoint(2));
    expect(await findDeadLetter(directory, 4)).to.equal(undefined);
    const [name = ''] = await readdir(directory);
    expect((await stat(join(directory, name))).mode & 0o777).to.equal(0o600);
  });

  it('takes a letter once, in whatever order they come, also after a restart', async () => {
    for (const id of [5, 3, 9]) letters.add(deadMessage(id));
    expect(letters.add(deadMessage(3))).to.equal(false);
    await letters.flush();
    expect(letters.add(deadMessage(9))).to.equal(false);
    await letters.close();
    letters = await open();
    for (const id of [3, 5, 9]) expect(letters.add(deadMessage(id)), `${id}`).to.equal(false);
    for (const id of [4, 2, 10]) expect(letters.add(deadPoint(id)), `${id}`).to.equal(true);
    await letters.flush();
    expect(await ids()).to.deep.equal([5, 3, 9, 4, 2, 10]);
  });

  it('counts them by kind and reason, and lists, finds and drops those that are meant', async () => {
    for (const id of [1, 2, 3]) letters.add(deadMessage(id));
    letters.add(deadMessage(4, { reason: 'too large' }));
    letters.add(deadPoint(5));
    await letters.flush();
    letters.add(deadPoint(6));
    expect(letters.counts).to.have.deep.members([
      { kind: 'message', reason: 'unknown-topic', letters: 3 },
      { kind: 'message', reason: 'too large', letters: 1 },
      { kind: 'point', reason: 'type conflict', letters: 2 },
    ]);
    expect(await letters.find(6)).to.deep.equal(deadPoint(6));
    const listed: number[] = [];
    for await (const { id } of letters.list({ kind: 'point' })) listed.push(id);
    expect(listed).to.deep.equal([5, 6]);
    expect(await ids({ reason: 'too large' })).to.deep.equal([4]);
    expect(await ids({ limit: 2 })).to.deep.equal([1, 2]);
    expect(await ids({ ids: [2, 5, 77] })).to.deep.equal([2, 5]);

    expect(await letters.drop({ ids: [1, 5, 77] })).to.equal(2);
    expect(await letters.drop({ kind: 'message', reason: 'unknown-topic' })).to.equal(2);
    expect(await ids()).to.deep.equal([4, 6]);
    expect(letters.counts).to.have.deep.members([
      { kind: 'message', reason: 'too large', letters: 1 },
      { kind: 'point', reason: 'type conflict', letters: 1 },
    ]);
    expect(await letters.drop({})).to.equal(2);
    expect(letters.counts).to.deep.equal([]);
    expect(await readdir(directory)).to.deep.equal([]);
    letters.add(deadPoint(7));
    await letters.flush();
    expect(await ids()).to.deep.equal([7]);
  });

  it('gives up the oldest when there are too many, and says how many', async () => {
    await letters.close();
    const { log, lines } = createLogLines();
    letters = await open(64 * KB, log);
    const all = 400;
    for (let id = 1; id <= all; id++) {
      letters.add(deadMessage(id, { bytes: 600 }));
      if (id % 10 === 0) await letters.flush();
    }
    const kept = await ids();
    expect(kept).to.have.length.within(40, 80).and.to.include(all);
    expect(kept).to.deep.equal(
      Array.from({ length: kept.length }, (_, index) => all - kept.length + 1 + index),
    );
    expect(letters.dropped).to.equal(all - kept.length);
    expect(letters.counts[0]).to.have.property('letters', kept.length);
    const said = lines.flatMap((line) =>
      [...line.matchAll(/"letters":(\d+)/g)].map(([, count]) => Number(count)),
    );
    expect(said.reduce((sum, count) => sum + count, 0)).to.equal(letters.dropped);
  });

  it('keeps no more in memory than on disk, if the disk does not take them', async () => {
    await letters.close();
    letters = await open(64 * KB);
    for (let id = 1; id <= 400; id++) letters.add(deadMessage(id, { bytes: 600 }));
    expect(letters.dropped).to.be.within(300, 360);
    await letters.flush();
    expect((await ids()).at(-1)).to.equal(400);
  });

  it('keeps in memory what a disk refuses, and writes it when it does not', async () => {
    letters.add(deadPoint(1));
    await letters.flush();
    for (const call of ['open', 'write', 'fdatasync'] as const) {
      const id = letters.lastId + 1;
      letters.add(deadPoint(id));
      const fault = failing(call, 'ENOSPC');
      const error: unknown = await letters.flush().catch((thrown: unknown) => thrown);
      fault.end();
      expect(error).to.include({ code: 'JOURNAL_REFUSED', retryable: true });
      expect(letters.add(deadPoint(id))).to.equal(false);
      letters.add(deadPoint(id + 1));
      await letters.flush();
    }
    expect(await ids()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(letters.lastId).to.equal(7);
  });

  it('passes over what a crash has half written, and lines that are damaged', async () => {
    letters.add(deadPoint(1));
    letters.add(deadPoint(2));
    await letters.close();
    const [name = ''] = await readdir(directory);
    const path = join(directory, name);
    await appendFile(path, `not json\n${JSON.stringify(deadPoint(3)).slice(0, 20)}`);
    const { log, lines } = createLogLines();
    letters = await open(KB * KB, log);
    expect(lines.join('')).to.contain('"lines":1');
    expect(letters.add(deadPoint(3))).to.equal(true);
    await letters.flush();
    expect(await ids()).to.deep.equal([1, 2, 3]);
    expect(await letters.drop({ ids: [1] })).to.equal(1);
    expect(await readFile(path, 'utf8')).to.equal(
      `${JSON.stringify(deadPoint(2))}\nnot json\n${JSON.stringify(deadPoint(3))}\n`,
    );
  });

  it('may be read while letters are added and dropped', async () => {
    for (let id = 1; id <= 2000; id++) letters.add(deadMessage(id, { bytes: 500 }));
    await letters.flush();
    const reading = listDeadLetters(directory);
    expect(await reading.next()).to.have.nested.property('value.id', 1);
    await letters.drop({});
    letters.add(deadPoint(3000));
    await letters.flush();
    let last = 1;
    for await (const { id } of reading) {
      expect(id).to.be.greaterThan(last);
      last = id;
    }
    expect(last).to.be.oneOf([2000, 3000]);
  });

  it('has none where there is no directory', async () => {
    await rm(directory, { recursive: true });
    expect(await ids()).to.deep.equal([]);
  });
});
