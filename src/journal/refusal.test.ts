import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { aMessage, aPoint, failing, openJournal, readAll, sentUpTo } from '../../test/fixture/journal.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { until } from '../embedded/until.ts';
import type { Journal } from './journal.ts';
import type { Refusal } from './refusals.ts';

const KB = 1024;
const DELETES_WITHIN_MS = 10_000;

describe('a log whose disk refuses', () => {
  let directory: string;
  let journal: Journal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-refusal-'));
  });
  afterEach(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });

  function refusal(): Promise<Refusal> {
    return new Promise((resolve) => {
      const remove = journal.onRefusal((value) => {
        remove();
        resolve(value);
      });
    });
  }

  function accepted(): Promise<void> {
    return new Promise((resolve) => {
      const remove = journal.onAccepted(() => {
        remove();
        resolve();
      });
    });
  }

  for (const call of ['fdatasync', 'write', 'open', 'fsync'] as const) {
    for (const code of ['ENOSPC', 'EROFS', 'EIO']) {
      it(`keeps what it has taken, tries again and loses nothing: ${code} of ${call}`, async () => {
        const { log, lines } = createLogLines();
        journal = await openJournal(directory, { log, segmentBytes: 500 });
        for (let number = 1; number <= 3; number++) journal.append(aMessage(number));
        await journal.committed(3);
        const begun = refusal();
        const over = accepted();
        const fault = failing(call, code);
        let number = 3;
        // Until it needs the call.
        while (journal.refusal === undefined) {
          journal.append(aMessage(++number, 100));
          await Promise.race([journal.committed(number), begun]);
        }
        expect(await begun).to.include({ code });
        expect(journal.refusal).to.equal(await begun);
        const refusedFrom = journal.committedSequence + 1;
        for (const calls = fault.calls; fault.calls < calls + 3; )
          await new Promise((resolve) => setTimeout(resolve, 1));
        expect(() => journal.append(aMessage(0)))
          .to.throw()
          .with.property('code', 'JOURNAL_REFUSED');
        expect(journal.append(aPoint(1))).to.equal(number + 1);
        expect(journal.append(sentUpTo(1))).to.equal(number + 2);
        expect(journal.committedSequence).to.equal(refusedFrom - 1);
        expect(journal.uncommittedBytes).to.be.greaterThan(0);
        fault.end();
        await journal.committed(number + 2);
        await over;
        expect(journal.refusal).to.equal(undefined);
        journal.append(aMessage(number + 3));
        await journal.close();
        const said = lines.filter((line) => line.includes('takes no messages'));
        expect(said).to.have.length(1).with.nested.property('[0]').that.contains(code);
        expect(lines.join('')).to.contain('takes messages again');

        const again = await openJournal(directory);
        const records = await readAll(again);
        expect(records.map(({ sequence }) => sequence)).to.deep.equal(
          Array.from({ length: number + 3 }, (_, i) => i + 1),
        );
        expect(again.recovered.damage).to.deep.equal([]);
        await again.close();
      });
    }
  }

  it('loses nothing either if it cannot even cut off what it has half written', async () => {
    journal = await openJournal(directory);
    await journal.committed(journal.append(aMessage(1)));
    const faults = [
      failing('fdatasync', 'EIO', 3),
      failing('ftruncate', 'EIO', 1),
      failing('unlink', 'EIO', 1),
    ];
    journal.append(aMessage(2));
    journal.append(aPoint(3));
    await journal.committed(3);
    for (const fault of faults) fault.end();
    expect((await readAll(journal)).map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
    await journal.close();
    journal = await openJournal(directory);
    expect((await readAll(journal)).map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
    expect(journal.recovered.damage).to.deep.equal([]);
  });

  it('gives up when it is closed, and says how many records it leaves', async () => {
    const { log, lines } = createLogLines();
    journal = await openJournal(directory, { log });
    const fault = failing('write', 'ENOSPC');
    const begun = refusal();
    journal.append(aMessage(1));
    await begun;
    const waiting = journal.committed(2).catch((error: unknown) => error);
    journal.append(aPoint(2));
    await journal.close();
    fault.end();
    expect(await waiting).to.have.property('code', 'JOURNAL_REFUSED');
    expect(lines.join('')).to.contain('"records":2').and.contain('without its last records');
  });

  it('deletes what only replays would read before it gives in to a full disk', async () => {
    journal = await openJournal(directory, { segmentBytes: 200 });
    for (let number = 1; number <= 20; number++) await journal.committed(journal.append(aMessage(number)));
    const segments = (await readdir(directory)).length;
    journal.release({ snapshot: 20, sent: 20 });
    const fault = failing('write', 'ENOSPC', 2);
    await journal.committed(journal.append(aMessage(21)));
    fault.end();
    expect(journal.refusal).to.equal(undefined);
    expect(await readdir(directory)).to.have.length.within(segments - 2, segments - 1);
    expect(journal.firstSequence).to.be.greaterThan(1);
    expect((await readAll(journal)).at(-1)).to.have.property('sequence', 21);
  });

  it('survives a limit on the size of files, and goes on in the next one', async () => {
    journal = await openJournal(directory);
    await journal.close();
    const script = `
      import { Journal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url).href)};
      const log = { error() {}, info() {}, warn() {}, debug() {} };
      const journal = await Journal.open({
        directory: ${JSON.stringify(directory)}, maxBytes: 1e7, keepMs: 0, now: Date.now, log, retryMs: { first: 1, most: 1 },
      });
      journal.onRefusal(({ code }) => console.log(code));
      for (let number = 1; number <= 60; number++) {
        while (journal.refusal !== undefined) await new Promise((resolve) => journal.onAccepted(resolve));
        const payload = Buffer.alloc(5000, number);
        await journal.committed(journal.append({ kind: 'message', receivedAt: number, packetId: 0, topic: 'T', payload }));
      }
      await journal.close();
    `;
    // 128 KB a file, in blocks of 512 or 1024 bytes.
    const command = `ulimit -f 128; exec "$0" "$@"`;
    const child = spawn(
      'sh',
      ['-c', command, process.execPath, '--import=tsx', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [said, [exit]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(exit).to.equal(0);
    expect(said).to.contain('EFBIG');
    journal = await openJournal(directory);
    expect((await readAll(journal)).map(({ sequence }) => sequence)).to.deep.equal(
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    expect(journal.recovered.damage).to.deep.equal([]);
  });

  it('waits for a directory that it may not write', async function () {
    if (process.getuid?.() === 0) this.skip();
    journal = await openJournal(directory, { segmentBytes: 100 });
    await journal.committed(journal.append(aMessage(1, 200)));
    await chmod(directory, 0o500);
    const begun = refusal();
    journal.append(aMessage(2));
    expect(await begun).to.have.property('code', 'EACCES');
    await chmod(directory, 0o700);
    await journal.committed(2);
  });
});

describe('a log at JOURNAL_MAX', () => {
  let directory: string;
  let journal: Journal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-max-'));
  });
  afterEach(async () => {
    await journal.close();
    await rm(directory, { recursive: true });
  });

  async function fill(): Promise<number> {
    for (;;) {
      try {
        await journal.committed(journal.append(aMessage(journal.lastSequence, 500)));
      } catch (error) {
        expect(error).to.have.property('code', 'JOURNAL_REFUSED');
        return journal.lastSequence;
      }
    }
  }

  it('refuses messages, takes points and control records for a segment more, and goes on when there is room', async () => {
    const { log, lines } = createLogLines();
    journal = await openJournal(directory, { maxBytes: 64 * KB, log });
    const refusals: string[] = [];
    journal.onRefusal(({ code }) => refusals.push(code));
    const accepted = new Promise<void>((resolve) => journal.onAccepted(resolve));
    const full = await fill();
    expect(journal.bytes).to.be.within(63 * KB, 65 * KB);
    expect(journal.refusal).to.have.property('code', 'JOURNAL_MAX');
    await journal.committed(journal.append(sentUpTo(full)));

    // Points fill the reserve, then they wait in memory.
    while (journal.bytes < 68 * KB) await journal.committed(journal.append(aPoint(journal.lastSequence)));
    const last = journal.append(aPoint(0));
    expect(journal.append(sentUpTo(full + 1))).to.equal(last + 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(journal.committedSequence).to.be.lessThan(last);

    journal.release({ sent: full });
    expect(journal.refusal).to.have.property('code', 'JOURNAL_MAX');
    journal.release({ snapshot: full });
    await journal.committed(last + 1);
    await accepted;
    expect(journal.refusal).to.equal(undefined);
    await journal.committed(journal.append(aMessage(1)));
    expect(journal.bytes).to.be.lessThan(60 * KB);
    expect(refusals).to.deep.equal(['JOURNAL_MAX']);
    expect(lines.filter((line) => line.includes('takes no messages'))).to.have.length(1);
    const records = await readAll(journal);
    expect(records.at(-1)).to.have.property('sequence', last + 2);
    expect(records[0]).to.have.property('sequence', journal.firstSequence);
  });

  it('does not lock itself out, however small it may be', async () => {
    journal = await openJournal(directory, { maxBytes: 2 * KB });
    for (let round = 0; round < 3; round++) {
      const full = await fill();
      const over = new Promise<void>((resolve) => journal.onAccepted(resolve));
      journal.release({ snapshot: full, sent: full });
      await over;
    }
    await journal.close();
    journal = await openJournal(directory, { maxBytes: 2 * KB });
    expect(journal.recovered.lastSequence).to.be.greaterThan(6);
  });

  it('exceeds it by a segment at most for the sake of replays, and refuses nothing for them', async () => {
    journal = await openJournal(directory, { maxBytes: 32 * KB });
    for (let number = 1; number <= 500; number++) {
      await journal.committed(journal.append(aMessage(number, 500)));
      journal.release({ snapshot: number, sent: number });
      expect(journal.bytes).to.be.lessThan(36 * KB);
      // A disk may be slower at deleting than these small messages are at coming.
      expect(await until(() => journal.bytes <= 32 * KB, DELETES_WITHIN_MS)).to.equal(true);
    }
    expect(journal.refusal).to.equal(undefined);
    expect(await readAll(journal)).to.have.length.greaterThan(40);
  });
});
