import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DELIVERY } from '../../test/fixture/delivery-status.ts';
import { EvidaError } from '../errors.ts';
import { askStatus } from './ask-status.ts';
import { type HttpServer, serveStatus } from './http-server.ts';
import { runningFile } from './running.ts';
import type { Status } from './status.ts';

const STATUS: Status = {
  version: '1.2.3',
  pid: 7,
  startedAt: '2026-10-01T00:00:00.000Z',
  roles: ['photograph'],
  boxes: 2,
  ready: true,
  parts: { broker: { ready: true, problem: null } },
  books: {
    messages: { received: 6, decoded: 3, dead: 2, duplicate: 1 },
    points: { decided: 9, written: 5, dead: 1, unsent: 3 },
  },
  delivery: DELIVERY,
  jobs: [{ job: 'backup', lastRunAt: '2026-10-01T17:00:00.000Z', durationMs: 20, error: 'no room' }],
};

describe('what a process says of itself over HTTP', () => {
  let server: HttpServer;
  let status: Status;
  let dataDir: string;

  beforeEach(async () => {
    status = STATUS;
    server = await serveStatus('127.0.0.1', 0, () => status);
    dataDir = await mkdtemp(join(tmpdir(), 'evida-http-'));
  });
  afterEach(async () => {
    await server.close();
    await rm(dataDir, { recursive: true });
  });

  const get = async (path: string, method = 'GET') => {
    const response = await fetch(server.url + path, { method });
    return { code: response.status, text: await response.text() };
  };

  it('lives as long as it answers', async () => {
    expect(await get('/healthz')).to.deep.equal({ code: 200, text: 'ok\n' });
  });

  it('is ready when all its parts are, and says which is not', async () => {
    expect((await get('/readyz')).code).to.equal(200);
    status = {
      ...STATUS,
      ready: false,
      parts: { broker: { ready: true, problem: null }, log: { ready: false, problem: 'the disk is full' } },
    };
    expect(await get('/readyz')).to.deep.equal({
      code: 503,
      text: 'broker: ready\nlog: not ready: the disk is full\n',
    });
  });

  it('shows the books, the lag and the jobs as metrics, each scrape anew', async () => {
    for (const received of [6, 8]) {
      const messages = { received, decoded: 3, dead: 2, duplicate: received - 5 };
      status = { ...STATUS, books: { messages, points: { decided: 9, written: 5, dead: 1, unsent: 3 } } };
      const { text } = await get('/metrics');
      for (const line of [
        `evida_messages_total{outcome="received"} ${received}`,
        'evida_points_total{outcome="written"} 5',
        'evida_points_unsent 3',
        'evida_lag_seconds 1.5',
        'evida_rejected_pairs_total{reason="out-of-range"} 4',
        'evida_outlet_noise{box="12",outlet="3"} 40',
        'evida_job_failed{job="backup"} 1',
        'evida_job_last_run_timestamp_seconds{job="backup"} 1790874000',
        'evida_part_ready{part="broker"} 1',
      ]) {
        expect(text.split('\n')).to.include(line);
      }
      expect(text).not.to.contain('evida_points_total{outcome="unsent"}');
    }
  });

  it('changes nothing, and knows no other pages', async () => {
    expect((await get('/status', 'POST')).code).to.equal(405);
    expect((await get('/')).code).to.equal(404);
  });

  it('says what to do if the port is taken', async () => {
    const port = Number(new URL(server.url).port);
    const failure = await serveStatus('127.0.0.1', port, () => status).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(EvidaError).and.include({ code: 'HTTP_UNAVAILABLE' });
  });

  it('is found and asked by its DATA_DIR', async () => {
    await runningFile(dataDir).write({ pid: 7, url: server.url });
    expect(await askStatus(dataDir)).to.deep.equal(STATUS);
  });

  it('is said not to run where it left no address, or does not answer at it', async () => {
    const failures: unknown[] = [await askStatus(dataDir).catch((error: unknown) => error)];
    await runningFile(dataDir).write({ pid: 7, url: server.url });
    await server.close();
    failures.push(await askStatus(dataDir).catch((error: unknown) => error));
    for (const failure of failures) expect(failure).to.include({ code: 'NOT_RUNNING' });
    expect(String(failures[1])).to.contain('process 7 does not answer');
  });
});
