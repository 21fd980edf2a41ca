import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { type Fault, failing, withoutSync } from '../../test/fixture/journal.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { runs } from '../../test/fixture/runs.ts';
import { crc32c } from './crc32c.ts';
import { openSnapshot, writeSnapshot } from './snapshot-file.ts';

describe('a snapshot', () => {
  let directory: string;
  let faults: readonly Fault[];

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'evida-snapshot-')), 'journal');
    faults = withoutSync();
  });
  afterEach(async () => {
    for (const fault of faults) fault.end();
    await rm(join(directory, '..'), { recursive: true });
  });

  async function read(): Promise<{ sequence: number; lines: string[]; said: string } | undefined> {
    const { log, lines: said } = createLogLines();
    const snapshot = await openSnapshot(directory, log);
    const lines: string[] = [];
    for await (const line of snapshot?.lines ?? []) lines.push(line);
    return snapshot && { sequence: snapshot.sequence, lines, said: said.join('') };
  }

  it('gives the lines that were written, and none before', async () => {
    expect(await read()).to.equal(undefined);
    await writeSnapshot(directory, 7, ['one', '', '{"two":"ä"}']);
    expect(await read()).to.deep.include({ sequence: 7, lines: ['one', '', '{"two":"ä"}'] });
    await writeSnapshot(directory, 8, []);
    expect(await read()).to.deep.include({ sequence: 8, lines: [] });
  });

  it('gives any lines, from any source', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''))),
        async (lines) => {
          await writeSnapshot(
            directory,
            1,
            (async function* () {
              await Promise.resolve();
              yield* lines;
            })(),
          );
          expect(await read()).to.deep.include({ lines });
        },
      ),
      { numRuns: runs(30) },
    ));

  it('is as large as it must be, and replaces the one before it, for this user alone', async () => {
    const long = 'x'.repeat(400_000);
    await writeSnapshot(directory, 1, ['old']);
    const { bytes } = await writeSnapshot(
      directory,
      2,
      Array.from({ length: 10 }, (_, index) => `${index}${long}`),
    );
    expect(await readdir(directory)).to.deep.equal(['snapshot-0000000000000002.jsonl']);
    const { size, mode } = await stat(join(directory, 'snapshot-0000000000000002.jsonl'));
    expect(size).to.equal(bytes);
    expect(mode & 0o777).to.equal(0o600);
    expect((await read())?.lines[9]).to.equal(`9${long}`);
  });

  it('leaves the one before it in use, and nothing else, if it cannot be finished', async () => {
    await writeSnapshot(directory, 1, ['old']);
    for (const call of ['write', 'fdatasync', 'rename'] as const) {
      const fault = failing(call, 'ENOSPC');
      const error: unknown = await writeSnapshot(directory, 2, ['new']).catch((thrown: unknown) => thrown);
      fault.end();
      expect(error).to.include({ code: 'JOURNAL_REFUSED', retryable: true });
      expect(await readdir(directory)).to.deep.equal(['snapshot-0000000000000001.jsonl']);
    }
    const reason = new Error('the state has changed');
    const thrown: unknown = await writeSnapshot(
      directory,
      2,
      (function* () {
        yield 'new';
        throw reason;
      })(),
    ).catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
    expect(await readdir(directory)).to.deep.equal(['snapshot-0000000000000001.jsonl']);
    expect(await read()).to.deep.include({ sequence: 1, lines: ['old'] });
  });

  it('is set aside and said if a bit of it fell over or its end is missing, and the one before it is used', async () => {
    await writeSnapshot(directory, 2, ['new', 'lines']);
    const path = join(directory, 'snapshot-0000000000000002.jsonl');
    const whole = await readFile(path);
    await writeSnapshot(directory, 1, ['old']);
    const old = await readFile(join(directory, 'snapshot-0000000000000001.jsonl'));
    const damaged = [
      ...Array.from({ length: whole.length }, (_, at) => {
        const copy = Buffer.from(whole);
        copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
        return copy;
      }),
      ...Array.from({ length: whole.length }, (_, size) => whole.subarray(0, size)),
    ];
    for (const content of damaged) {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await writeFile(join(directory, 'snapshot-0000000000000001.jsonl'), old);
      await writeFile(path, content);
      const found = await read();
      expect(found, content.toString()).to.deep.include({ sequence: 1, lines: ['old'] });
      expect(found?.said).to.contain('a snapshot is damaged').and.contain(path);
      expect(await readFile(`${path}.damaged`)).to.deep.equal(content);
    }
  });

  it('is refused if a later version has written it, and left as it is', async () => {
    await mkdir(directory);
    const path = join(directory, 'snapshot-0000000000000005.jsonl');
    const check = crc32c(Buffer.from('snapshot 2 5'));
    await writeFile(path, `${JSON.stringify({ format: 2, sequence: 5, check })}\nwho knows\n{}\n`);
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'JOURNAL_FORMAT');
    expect(await readdir(directory)).to.deep.equal(['snapshot-0000000000000005.jsonl']);
  });

  it('does not count what a crash has left of an unfinished one', async () => {
    await writeSnapshot(directory, 1, ['old']);
    await writeFile(join(directory, 'snapshot-0000000000000002.jsonl.new'), '{"format":1');
    expect(await read()).to.deep.include({ sequence: 1, lines: ['old'] });
    await writeSnapshot(directory, 2, ['new']);
    expect(await readdir(directory)).to.deep.equal(['snapshot-0000000000000002.jsonl']);
  });
});
