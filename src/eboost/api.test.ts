import { createServer } from 'node:http';
import { expect } from 'chai';
import { type EboostApiPart, startEboostApi } from '../embedded/eboost/api-server.ts';
import { eboostHistory } from '../embedded/eboost/history.ts';
import { EvidaError } from '../errors.ts';
import { EboostApi } from './api.ts';

const { boxes } = eboostHistory({ boxes: 250, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });

describe('EboostApi', () => {
  let part: EboostApiPart;
  let nowMs = 0;

  beforeEach(async () => {
    part = await startEboostApi({ boxes: () => boxes, tokenLifetimeMs: 60_000, now: () => nowMs });
  });
  afterEach(() => part.stop());

  const failureOf = async (work: Promise<unknown>): Promise<EvidaError> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error instanceof EvidaError) return error;
    throw new Error(`expected an EvidaError, got ${error}`);
  };

  it('lists all boxes, over as many pages as it takes, with one login', async () => {
    const listed = await new EboostApi(part).listBoxes();
    expect(listed.map(({ uniqueId }) => uniqueId)).to.deep.equal(boxes.map(({ uniqueId }) => uniqueId));
    expect(part.requests()).to.deep.equal({ 'POST /login 200': 1, 'GET /boxes 200': 3 });
  });

  it('logs in again, once, when its token has expired', async () => {
    const api = new EboostApi(part);
    await api.listBoxes();
    nowMs += 120_000;
    await api.listBoxes();
    expect(part.requests()).to.include({ 'POST /login 200': 2, 'GET /boxes 401': 1 });
  });

  it('says which variables to check when the login is refused', async () => {
    const error = await failureOf(new EboostApi({ ...part, password: 'wrong' }).listBoxes());
    expect(error).to.include({ code: 'EBOOST_REFUSED', retryable: false });
    expect(error.hint).to.contain('EBOOST_API_PASSWORD');
  });

  it('takes an answer that breaks off for a failure that may pass', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"token":');
      setImmediate(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const error = await failureOf(new EboostApi({ ...part, url: `http://127.0.0.1:${port}` }).listBoxes());
      expect(error).to.include({ code: 'EBOOST_UNAVAILABLE', retryable: true });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  describe('takes a list for incomplete, which may pass,', () => {
    /** What the API lists by page: the total that it tells, and ids. */
    const listing = (pages: readonly (readonly [total: number, ids: readonly string[]])[]) =>
      withServer(
        (url) => {
          const page = Number(url.searchParams.get('page') ?? 0);
          const [total, ids] = pages[page - 1] ?? [pages[0]?.[0], []];
          const members = ids.map((uniqueId) => ({ uniqueId }));
          return url.pathname === '/login'
            ? { token: 'any' }
            : { 'hydra:totalItems': total, 'hydra:member': members };
        },
        (url) => new EboostApi({ ...part, url }).listBoxes(),
      );

    for (const [when, pages, problem] of [
      [
        'whose total changes between pages',
        [
          [3, ['Ebox_1', 'Ebox_2']],
          [2, ['Ebox_3']],
        ],
        'its total went from 3 to 2',
      ],
      [
        'that repeats a box',
        [
          [3, ['Ebox_1', 'Ebox_2']],
          [3, ['Ebox_2', 'Ebox_3']],
        ],
        'page 2 repeats boxes',
      ],
      ['that holds more than its total', [[1, ['Ebox_1', 'Ebox_2']]], 'more boxes than its total of 1'],
      ['that ends early', [[3, ['Ebox_1', 'Ebox_2']]], 'page 2 is empty, with 2 of 3'],
    ] as const) {
      it(when, async () => {
        const error = await failureOf(listing(pages));
        expect(error).to.include({ code: 'EBOOST_UNAVAILABLE', retryable: true });
        expect(error.message).to.contain(problem);
      });
    }

    it('but not one without boxes', async () => {
      expect(await listing([[0, []]])).to.deep.equal([]);
    });
  });

  it('takes a box whose name, city, district or status has another form', async () => {
    const odd = { uniqueId: 'Ebox_1', name: 7, city: '/cities/1', district: { name: {} }, status: 'on' };
    const answer = (url: URL) =>
      url.pathname === '/login' ? { token: 'any' } : { 'hydra:totalItems': 1, 'hydra:member': [odd] };
    const boxes = await withServer(answer, (url) => new EboostApi({ ...part, url }).listBoxes());
    expect(boxes).to.deep.equal([
      { uniqueId: 'Ebox_1', name: null, city: null, district: { name: null }, status: null },
    ]);
  });

  it('keeps the path of its address', async () => {
    const error = await failureOf(new EboostApi({ ...part, url: `${part.url}/base/` }).listBoxes());
    expect(error.message).to.contain(`${part.url}/base/login: HTTP 404`);
  });

  it('says that the API is away, and that a retry may help', async () => {
    await part.stop();
    const error = await failureOf(new EboostApi(part).listBoxes());
    expect(error).to.include({ code: 'EBOOST_UNAVAILABLE', retryable: true });
    expect(error.message).to.contain('ECONNREFUSED');
  });
});

/** Works against an API that answers as it is told. */
async function withServer<T>(answer: (url: URL) => object, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(JSON.stringify(answer(new URL(`http://eboost${request.url}`))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    return await work(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
