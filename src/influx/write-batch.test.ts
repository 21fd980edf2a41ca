import { expect } from 'chai';
import {
  type ScriptedAnswer,
  type ScriptedInflux,
  startScriptedInflux,
} from '../../test/fixture/scripted-influx.ts';
import { until } from '../embedded/until.ts';
import { connectInflux, type InfluxConnection } from './connect.ts';
import { createWriteBatch } from './write-batch.ts';
import { WriteError } from './write-error.ts';

const TIMEOUT_MS = 100;
const LINE = 'consumption,box=1,outlet=0 energy_kwh=1 1700000000000';
const DATE = 'Tue, 24 Nov 2026 14:00:00 GMT';
const A_MINUTE_LATER = 'Tue, 24 Nov 2026 14:01:00 GMT';
const json = { 'content-type': 'application/json; charset=utf-8' };
const unparsable = JSON.stringify({
  code: 'invalid',
  message: `unable to parse '${LINE}': missing field value`,
});
const conflict = JSON.stringify({
  code: 'unprocessable entity',
  message:
    'failure writing points to database: partial write: field type conflict: input field "energy_kwh" on measurement "consumption" is type float, already exists as type string dropped=1',
});
const expired = JSON.stringify({
  code: 'unprocessable entity',
  message:
    'failure writing points to database: partial write: dropped 1 points outside retention policy of duration 1h0m0s - oldest point meter,box=1 at 2026-10-25T14:03:17.952Z dropped because it violates a Retention Policy Lower Bound at 2026-11-24T13:03:18.038807835Z dropped=1 for database: 9c2a965ee974f0ec for retention policy: autogen',
});

describe('a write to InfluxDB', () => {
  let server: ScriptedInflux;
  let connection: InfluxConnection;
  beforeEach(async () => {
    server = await startScriptedInflux();
    connection = connectInflux({ url: server.url, token: 'token', timeoutMs: 10_000 });
  });
  afterEach(async () => {
    connection.close();
    expect(await until(() => server.openConnections === 0, 1000), 'connections are closed').to.equal(true);
    await server.stop();
  });

  const write = (lines: readonly string[] = [LINE], signal?: AbortSignal) =>
    createWriteBatch(connection.influx, 'evida', TIMEOUT_MS)('bucket', lines, signal);
  const failureOf = async (answer: ScriptedAnswer): Promise<WriteError> => {
    server.answer(answer);
    const error: unknown = await write().catch((thrown) => thrown);
    if (error instanceof WriteError) return error;
    throw new Error(`no failure: ${String(error)}`);
  };

  it('is confirmed by 204, and by any 2xx', async () => {
    server.answer({ status: 204 }, { status: 200, body: 'ok' }, { status: 202 });
    for (let time = 0; time < 3; time++) await write();
    expect(server.writes.map(({ bucket, lines }) => [bucket, lines])).to.deep.equal(
      Array(3).fill(['bucket', [LINE]]),
    );
    expect(server.writes[0]?.headers.authorization).to.equal('Token token');
  });

  it('is compressed from 1 KiB on', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${LINE}${i}`);
    await write(lines.slice(0, 10));
    await write(lines);
    expect(server.writes.map(({ isGzip }) => isGzip)).to.deep.equal([false, true]);
    expect(server.writes[1]?.lines).to.deep.equal(lines);
  });

  it('shares its connection with those that follow', async () => {
    for (let time = 0; time < 3; time++) await write();
    expect(server.openConnections).to.equal(1);
  });

  for (const status of [408, 429, 500, 502, 503, 504]) {
    it(`asks for the same again later after ${status}`, async () => {
      const { failure, answer, retryAfterMs, retryable } = await failureOf({ status });
      expect({ failure, answer, retryAfterMs, retryable }).to.deep.equal({
        failure: 'unavailable',
        answer: String(status),
        retryAfterMs: undefined,
        retryable: true,
      });
    });
  }

  for (const [what, headers, ms] of [
    ['in seconds', { 'retry-after': '7' }, 7000],
    ['as a date, by the clock of the server', { 'retry-after': A_MINUTE_LATER, date: DATE }, 60_000],
    ['of more than five minutes, cut to these', { 'retry-after': '86400' }, 300_000],
    ['that is over', { 'retry-after': DATE, date: A_MINUTE_LATER }, undefined],
    ['of nothing', { 'retry-after': '0' }, undefined],
    ['that is neither', { 'retry-after': 'soon' }, undefined],
  ] as const) {
    it(`reads a Retry-After ${what}`, async () => {
      expect((await failureOf({ status: 503, headers })).retryAfterMs).to.equal(ms);
    });
  }

  it('asks for the same again later when there is no answer in time, and leaves no connection open', async () => {
    const { failure, answer, message } = await failureOf('no answer');
    expect([failure, answer]).to.deep.equal(['unavailable', 'timeout']);
    expect(message).to.contain('InfluxDB did not answer in time');
    expect(await until(() => server.openConnections === 0, 1000)).to.equal(true);
  });

  for (const cut of ['reset', 'reset in the answer'] as const) {
    it(`asks for the same again later after a ${cut}`, async () => {
      const { failure, answer } = await failureOf(cut);
      expect([failure, answer]).to.deep.equal(['unavailable', 'unreachable']);
    });
  }

  it('asks for the same again later when nobody listens, or the name is not known', async () => {
    for (const url of ['http://127.0.0.1:9', 'http://influxdb.invalid:8086']) {
      const nowhere = connectInflux({ url, token: 'token', timeoutMs: 10_000 });
      const error: unknown = await createWriteBatch(
        nowhere.influx,
        'evida',
        5000,
      )('bucket', [LINE]).catch((thrown) => thrown);
      expect(error).to.be.instanceOf(WriteError).with.property('answer', 'unreachable');
      expect(error).to.have.property('failure', 'unavailable');
      nowhere.close();
    }
  });

  for (const [status, hint] of [
    [401, 'INFLUX_TOKEN'],
    [403, 'INFLUX_TOKEN'],
    [404, 'INFLUX_ORG'],
    [301, 'INFLUX_URL'],
  ] as const) {
    it(`asks for help after ${status}`, async () => {
      const error = await failureOf({ status, headers: json, body: '{"code":"x","message":"no"}' });
      expect([error.failure, error.answer]).to.deep.equal(['denied', String(status)]);
      expect(error.hint).to.contain(hint);
    });
  }

  it('does not take a 400 for a word about points that InfluxDB did not say', async () => {
    const body = 'Client sent an HTTP request to an HTTPS server.';
    expect((await failureOf({ status: 400, body })).failure).to.equal('denied');
  });

  for (const [what, status, body, failure, reason, dropped] of [
    ['fewer points', 413, '<html>', 'too-large', 'too large', undefined],
    ['others', 400, unparsable, 'invalid', 'unable to parse: missing field value', undefined],
    [
      'others',
      422,
      conflict,
      'invalid',
      'partial write: field type conflict: input field "energy_kwh" on measurement "consumption" is type float, already exists as type string',
      1,
    ],
    ['others', 422, expired, 'invalid', 'partial write: outside retention policy of duration 1h0m0s', 1],
  ] as const) {
    it(`asks for ${what} after ${status}: ${reason.slice(0, 40)}`, async () => {
      const error = await failureOf({ status, headers: status === 413 ? {} : json, body });
      expect([error.failure, error.reason, error.dropped]).to.deep.equal([failure, reason, dropped]);
    });
  }

  it('is given up with its signal, which keeps no listener', async () => {
    server.answer('no answer');
    const controller = new AbortController();
    const given = write([LINE], controller.signal).catch((thrown: unknown) => thrown);
    expect(await until(() => server.writes.length === 1, 1000)).to.equal(true);
    controller.abort();
    expect(await given).to.be.instanceOf(WriteError);
    expect(await until(() => server.openConnections === 0, 1000)).to.equal(true);
    expect(await write([LINE], controller.signal).catch((thrown: unknown) => thrown)).to.be.instanceOf(
      WriteError,
    );
    expect(server.writes).to.have.length(1);
  });
});
