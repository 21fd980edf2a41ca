import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { keepSecrets, randomSecret } from './secrets-file.ts';

describe('keepSecrets', () => {
  const schema = z.object({ password: z.string() });
  const create = () => ({ password: randomSecret() });
  let file: string;

  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'evida-secrets-')), 'secrets.json');
  });

  afterEach(() => rm(join(file, '..'), { recursive: true, force: true }));

  it('makes them once, for this user only', async () => {
    const made = await keepSecrets(file, schema, create);
    expect(await keepSecrets(file, schema, create)).to.deep.equal(made);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(join(file, '..'))).to.deep.equal(['secrets.json']);
    expect(made.password).to.have.length(43);
  });

  it('does not replace a file that it cannot make sense of', async () => {
    await writeFile(file, '{"password":');
    const error = await keepSecrets(file, schema, create).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'EMBEDDED_START');
    expect(error).to.have.property('message').that.contains(file);
  });
});
