import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { createLogLines } from '../test/fixture/log-lines.ts';
import { DataFile } from './data-file.ts';
import { EvidaError } from './errors.ts';

describe('DataFile', () => {
  let directory: string;
  let file: DataFile<z.ZodObject<{ n: z.ZodNumber }>>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-data-'));
    file = new DataFile(join(directory, 'deep', 'er', 'file.json'), z.object({ n: z.number() }));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('gives what was written last, and nothing before and after it was there', async () => {
    expect(await file.read()).to.equal(undefined);
    await file.write({ n: 1 });
    await file.write({ n: 2 });
    expect(await file.read()).to.deep.equal({ n: 2 });
    await file.remove();
    await file.remove();
    expect(await file.read()).to.equal(undefined);
  });

  it('is for this user alone, as are the directories that it makes', async () => {
    await file.write({ n: 1 });
    expect((await stat(file.path)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(directory, 'deep'))).mode & 0o777).to.equal(0o700);
    expect((await stat(join(directory, 'deep', 'er'))).mode & 0o777).to.equal(0o700);
  });

  it('overcomes what a write that broke off has left', async () => {
    await file.write({ n: 1 });
    await writeFile(`${file.path}.new`, '{"n":', { mode: 0o644 });
    expect(await file.read()).to.deep.equal({ n: 1 });
    await file.write({ n: 2 });
    expect(await file.read()).to.deep.equal({ n: 2 });
    expect((await stat(file.path)).mode & 0o777).to.equal(0o600);
  });

  it('says which file does not hold what was written, and sets it aside for those who can do without', async () => {
    await file.write({ n: 1 });
    for (const text of ['{"n":', '{"n":"1"}']) {
      await writeFile(file.path, text);
      const error: unknown = await file.read().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'DATA_FILE' });
      expect(String(error)).to.contain(file.path);
      const { log, lines } = createLogLines();
      expect(await file.readOrSetAside(log)).to.equal(undefined);
      expect(lines.join()).to.contain(`${file.path}.unreadable`);
      expect(await readFile(`${file.path}.unreadable`, 'utf8')).to.equal(text);
      expect(await file.read()).to.equal(undefined);
    }
  });
});
