import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import { findOrInstallInfluxd } from './influxdb-binary.ts';
import type { OnProgress, Part } from './part.ts';
import { keepSecrets, randomSecret } from './secrets-file.ts';
import { readLog } from './server-log.ts';
import { type SupervisedServer, superviseServer } from './supervise.ts';
import { untilReady } from './until-ready.ts';

export interface InfluxDbPart extends Part {
  readonly url: string;
  readonly org: string;
  /** May do anything in the org: create buckets, tasks and narrower tokens. */
  readonly adminToken: string;
}

export interface InfluxDbOptions {
  /** Holds the data, the log and the secrets; created if missing, only for this user. */
  readonly dataDir: string;
  readonly onProgress?: OnProgress;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

const ORG = 'evida';
/** Set-up insists on a bucket; Evida creates its own ones by name. */
const SETUP_BUCKET = 'setup';
/** A server that was killed with its parent lets go of its files within this time. */
const LET_GO_MS = 10_000;

const secretsSchema = z.object({ password: z.string().min(8), adminToken: z.string().min(20) });
const healthSchema = z.object({ status: z.literal('pass'), version: z.string() });
const setupSchema = z.object({ allowed: z.boolean() });

/**
 * Starts InfluxDB on a free port of 127.0.0.1, installing it first if needed; a new data directory gets the org
 * `evida` and a token, which later starts find again.
 *
 * @throws EvidaError EMBEDDED_INSTALL, EMBEDDED_START, DIRECTORY_IN_USE
 */
export async function startInfluxDb(options: InfluxDbOptions): Promise<InfluxDbPart> {
  const dataDir = resolve(options.dataDir);
  const binary = await findOrInstallInfluxd(options);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const secrets = await keepSecrets(join(dataDir, 'secrets.json'), secretsSchema, () => ({
    password: randomSecret(),
    adminToken: randomSecret(),
  }));
  const { server, url, version } = await startServer(binary, dataDir);
  try {
    await setUp(url, secrets);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    name: 'InfluxDB',
    version,
    address: url,
    url,
    org: ORG,
    adminToken: secrets.adminToken,
    stop: server.stop,
  };
}

interface Listening {
  readonly server: SupervisedServer;
  readonly url: string;
  readonly version: string;
}

async function startServer(binary: string, dataDir: string): Promise<Listening> {
  const deadline = performance.now() + LET_GO_MS;
  for (;;) {
    const server = await superviseServer({
      name: 'InfluxDB',
      command: binary,
      args: [
        ...['--bolt-path', join(dataDir, 'influxd.bolt'), '--sqlite-path', join(dataDir, 'influxd.sqlite')],
        ...[
          '--engine-path',
          join(dataDir, 'engine'),
          '--http-bind-address',
          '127.0.0.1:0',
          '--reporting-disabled',
        ],
      ],
      // Nothing else: INFLUXD_* would change its settings.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      cwd: dataDir,
      logFile: join(dataDir, 'influxd.log'),
      // It shuts down in order on SIGINT only; SIGTERM ends it where it stands.
      stopSignal: 'SIGINT',
    });
    try {
      // Port 0 means any; the server writes to its log which one it got.
      const port = await untilReady(server, async () => {
        return /msg=Listening .*transport=http .*port=(\d+)/.exec(await readLog(server.logFile))?.[1];
      });
      const url = `http://127.0.0.1:${port}`;
      const health = await untilReady(server, async () => {
        return healthSchema.parse(await (await fetch(`${url}/health`)).json());
      });
      return { server, url, version: health.version.replace(/^v/, '') };
    } catch (error) {
      if (!isStillHeld(error)) throw error;
      if (performance.now() < deadline) continue;
      throw new EvidaError('DIRECTORY_IN_USE', {
        operation: `starting InfluxDB in ${dataDir}`,
        problem: 'another InfluxDB has its files open',
        hint: 'stop that process, or choose another directory',
        cause: error,
      });
    }
  }
}

/** influxd waits one second for the lock on its bolt file, then ends. */
function isStillHeld(error: unknown): boolean {
  return error instanceof EvidaError && /bolt[^\n]*timeout|database is locked/i.test(error.message);
}

async function setUp(url: string, secrets: z.output<typeof secretsSchema>): Promise<void> {
  const endpoint = `${url}/api/v2/setup`;
  const { allowed } = setupSchema.parse(await (await fetch(endpoint)).json());
  if (!allowed) return;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      username: 'evida',
      password: secrets.password,
      org: ORG,
      bucket: SETUP_BUCKET,
      token: secrets.adminToken,
    }),
  });
  if (response.ok) return;
  throw new EvidaError('EMBEDDED_START', {
    operation: `setting up InfluxDB at ${url}`,
    problem: `it answers ${response.status}: ${(await response.text()).slice(0, 500)}`,
  });
}
