import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { freePort } from './free-port.ts';
import { downloadInfluxd } from './influxdb/download.ts';
import { releaseTarget } from './influxdb/release.ts';
import { type FindInfluxdOptions, findOrInstallInfluxd } from './influxdb-binary.ts';
import { isAlive, until } from './until.ts';

describe('findOrInstallInfluxd', () => {
  let directory: string;
  let tools: string;
  let env: Record<string, string>;
  let progress: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-install-'));
    tools = join(directory, 'tools');
    progress = [];
    await mkdir(tools);
    env = {
      PATH: tools,
      EVIDA_CACHE_DIR: join(directory, 'cache'),
      // Nobody listens there: refused at once.
      EVIDA_INFLUXDB_DOWNLOAD_URL: `http://127.0.0.1:${await freePort()}`,
    };
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const find = (options: FindInfluxdOptions = {}) =>
    findOrInstallInfluxd({ env, onProgress: (line) => progress.push(line), ...options });
  const failure = async (found: Promise<string>): Promise<EvidaError> => {
    const error = await found.catch((reason: unknown) => reason);
    if (error instanceof EvidaError) return error;
    throw new Error(`it did not fail as it should: ${error}`);
  };
  const cached = () => join(directory, 'cache', 'influxdb-2.9.1', 'influxd');
  const inCache = async () => (await readdir(join(directory, 'cache', 'influxdb-2.9.1'))).sort();

  async function program(name: string, script: string): Promise<string> {
    const file = join(tools, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }
  const influxd = (version: string) =>
    program('influxd', `echo "InfluxDB ${version} (git: abc) build_date: now"`);

  /** Go, and the rest of what a build needs; `compile` is what `go build` does, with the result's path in $out. */
  async function fakeTools(compile: string): Promise<void> {
    await Promise.all(['cargo', 'gcc', 'pkg-config'].map((name) => program(name, 'exit 1')));
    await symlink('/bin/sleep', join(tools, 'sleep'));
    await program(
      'go',
      `echo "$@" >> ${join(directory, 'go.log')}
      if [ "$1" != build ]; then exit 0; fi
      while [ "$1" != -o ]; do shift; done
      out="$2"
      ${compile}`,
    );
  }
  const COMPILES = `
    echo '#!/bin/sh' > "$out"
    echo 'echo "InfluxDB v2.9.1 (git: abc) build_date: now"' >> "$out"
    /bin/chmod 755 "$out"`;
  const goBuilds = async () => (await readFile(join(directory, 'go.log'), 'utf8')).match(/^build /gm)?.length;

  it('takes the one that INFLUXD_PATH names, and says why if it cannot', async () => {
    const file = await influxd('dev');
    expect(await find({ env: { INFLUXD_PATH: file } })).to.equal(file);

    const error = await failure(find({ env: { INFLUXD_PATH: join(directory, 'absent') } }));
    expect(error.code).to.equal('EMBEDDED_INSTALL');
    expect(error.message).to.contain('INFLUXD_PATH').and.contain('ENOENT');
  });

  it('takes one on PATH if it is 2.7 or later', async () => {
    const file = await influxd('v2.7.12');
    expect(await find()).to.equal(file);
  });

  for (const version of ['v2.0.4', 'v3.1.0', 'dev']) {
    it(`passes over ${version} on PATH, and says so`, async () => {
      await mkdir(dirname(cached()), { recursive: true });
      await rename(await influxd('v2.9.1'), cached());
      await influxd(version);

      expect(await find()).to.equal(cached());
      expect(progress[0]).to.match(/^Not used: .*influxd is version /);
    });
  }

  it('builds where the download is out of reach, keeps the result and nothing else', async () => {
    await fakeTools(COMPILES);
    expect(await find()).to.equal(cached());
    expect(await find()).to.equal(cached());

    expect(await goBuilds()).to.equal(1);
    expect(await inCache()).to.deep.equal(['influxd']);
    expect(await readFile(join(directory, 'go.log'), 'utf8')).to.match(/-X main\.version=v2\.9\.1 /);
  });

  it('builds once for two that come at the same time', async () => {
    await fakeTools(COMPILES);
    const found = await Promise.all([find(), find()]);

    expect(found).to.deep.equal([cached(), cached()]);
    expect(await goBuilds()).to.equal(1);
    expect(
      progress.filter((line) => line.startsWith('Waiting for another one: installing InfluxDB')),
    ).to.have.length(1);
  });

  it('lists what was tried, why it failed and what to do', async () => {
    await fakeTools('echo "flux.h: no such file" >&2; exit 2');
    const error = await failure(find());

    expect(error.code).to.equal('EMBEDDED_INSTALL');
    expect(error.message).to.contain('download: ').and.contain('ECONNREFUSED');
    expect(error.message).to.contain('build from source: ').and.contain('flux.h: no such file');
    expect(error.hint).to.contain('Go >= 1.25').and.contain('INFLUXD_PATH');
    expect(await inCache()).to.deep.equal([]);
  });

  it('names the tools that a build lacks', async () => {
    const error = await failure(find());
    expect(error.message).to.contain('missing on PATH: Go >= 1.25, Rust, gcc, pkg-config');
  });

  it('stops a build that is given up, and removes what it has made', async () => {
    await fakeTools(`echo $$ > ${join(directory, 'compiler')}; sleep 60 & wait`);
    const stop = new AbortController();
    const found = find({ signal: stop.signal }).catch((error: unknown) => error);
    const compiler = await compilerStarted();
    stop.abort();

    expect(await found).to.have.property('name', 'AbortError');
    expect(isAlive(compiler)).to.equal(false);
    expect(await inCache()).to.deep.equal([]);
  });

  it('leaves neither compiler nor directory behind when the installing process is killed', async () => {
    await fakeTools(`echo $$ > ${join(directory, 'compiler')}; sleep 60 & wait`);
    const script = `
      import { findOrInstallInfluxd } from ${JSON.stringify(new URL('./influxdb-binary.ts', import.meta.url).href)};
      await findOrInstallInfluxd({ env: ${JSON.stringify(env)} });
    `;
    const installer = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
      stdio: 'inherit',
    });
    const compiler = await compilerStarted();
    installer.kill('SIGKILL');

    expect(await until(() => !isAlive(compiler), 5_000)).to.equal(true);
    expect(await until(async () => (await inCache()).length === 0, 5_000)).to.equal(true);
  });

  async function compilerStarted(): Promise<number> {
    const read = () => readFile(join(directory, 'compiler'), 'utf8').catch(() => '');
    expect(await until(async () => (await read()).endsWith('\n'), 5_000)).to.equal(true);
    return Number(await read());
  }

  describe('with a release to download', () => {
    let server: Server;
    let archive: Buffer;
    let checksum: string;
    const unpinned: FindInfluxdOptions = {
      download: (options) => downloadInfluxd({ ...options, checksums: {} }),
    };

    before(function () {
      if (releaseTarget() === undefined) this.skip();
    });

    beforeEach(async () => {
      const content = join(directory, 'release', 'influxdb2-2.9.1', 'usr', 'bin');
      await mkdir(content, { recursive: true });
      await writeFile(
        join(content, 'influxd'),
        '#!/bin/sh\necho "InfluxDB v2.9.1 (git: abc) build_date: now"\n',
      );
      await promisify(execFile)('tar', [
        '-czf',
        join(directory, 'a.tgz'),
        '-C',
        join(directory, 'release'),
        '.',
      ]);
      archive = await readFile(join(directory, 'a.tgz'));
      checksum = createHash('sha256').update(archive).digest('hex');
      server = createServer((request, response) => {
        if (request.url === `/influxdb2-2.9.1_${releaseTarget()}.tar.gz`) response.end(archive);
        else if (request.url?.endsWith('.tar.gz.sha256')) response.end(`${checksum}  influxdb2.tar.gz\n`);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      env.EVIDA_INFLUXDB_DOWNLOAD_URL = `http://127.0.0.1:${address.port}/`;
      env.PATH = `${tools}:${process.env.PATH}`;
      await Promise.all(['influxd', 'go'].map((name) => program(name, 'exit 9')));
    });

    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    it('downloads it, checks it and keeps the influxd', async () => {
      expect(await find(unpinned)).to.equal(cached());
      expect(await inCache()).to.deep.equal(['influxd']);
    });

    it('refuses what does not have the published checksum', async () => {
      checksum = checksum.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      const error = await failure(find(unpinned));
      expect(error.message).to.contain(`instead of ${checksum}: it is damaged or not the release`);
      expect(await inCache()).to.deep.equal([]);
    });

    it('refuses what does not have the pinned checksum, whatever the server says', async () => {
      const error = await failure(find());
      expect(error.message).to.contain('it is damaged or not the release');
    });

    it('refuses an archive that nobody vouches for', async () => {
      checksum = 'not found';
      const error = await failure(find(unpinned));
      expect(error.message).to.contain('.sha256 holds no SHA-256');
    });
  });
});
