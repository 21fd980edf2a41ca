import { expect } from 'chai';
import { z } from 'zod';
import { type EboostApiOptions, type EboostApiPart, startEboostApi } from './api-server.ts';
import { eboostHistory } from './history.ts';

const FROM_MS = Date.UTC(2026, 10, 1);
const { boxes } = eboostHistory({
  boxes: 250,
  seed: 3,
  fromMs: FROM_MS,
  toMs: FROM_MS + 1000,
  timeZone: 'Asia/Ho_Chi_Minh',
});

const tokenSchema = z.object({ token: z.string().min(20) });
const memberSchema = z.looseObject({ uniqueId: z.string(), createdAt: z.iso.datetime() });
const pageSchema = z.object({ 'hydra:totalItems': z.number(), 'hydra:member': z.array(memberSchema) });

describe('startEboostApi', () => {
  let api: EboostApiPart | undefined;

  afterEach(async () => {
    await api?.stop();
  });

  async function start(options: Partial<EboostApiOptions> = {}): Promise<EboostApiPart> {
    api = await startEboostApi({ boxes: () => boxes, ...options });
    return api;
  }

  function login({ url }: EboostApiPart, body: unknown): Promise<Response> {
    return fetch(`${url}/login`, { method: 'POST', body: JSON.stringify(body) });
  }

  async function authorized(part: EboostApiPart): Promise<{ headers: { authorization: string } }> {
    const response = await login(part, { username: part.username, password: part.password });
    expect(response.status).to.equal(200);
    const { token } = tokenSchema.parse(await response.json());
    return { headers: { authorization: `Bearer ${token}` } };
  }

  it('pages through all boxes, 100 at a time', async () => {
    const part = await start();
    const init = await authorized(part);
    const found: string[] = [];
    const sizes: number[] = [];
    for (const page of [1, 2, 3, 4]) {
      const response = await fetch(`${part.url}/boxes?page=${page}`, init);
      const body = pageSchema.parse(await response.json());
      expect(body['hydra:totalItems']).to.equal(250);
      sizes.push(body['hydra:member'].length);
      found.push(...body['hydra:member'].map(({ uniqueId }) => uniqueId));
    }
    expect(sizes).to.deep.equal([100, 100, 50, 0]);
    expect(found).to.deep.equal(boxes.map(({ uniqueId }) => uniqueId));
    expect(part.requests()).to.deep.equal({ 'POST /login 200': 1, 'GET /boxes 200': 4 });
  });

  it('tells a box as Eboost does', async () => {
    const part = await start();
    const response = await fetch(`${part.url}/boxes`, await authorized(part));
    const [box] = pageSchema.parse(await response.json())['hydra:member'];
    expect(box).to.have.all.keys([
      'uniqueId',
      'name',
      'status',
      'city',
      'district',
      'address',
      'latitude',
      'longitude',
      'consumedFee',
      'available',
      'createdAt',
      'updatedAt',
    ]);
    expect(box).to.deep.include({ uniqueId: 'Ebox_10', status: true, city: { name: boxes[0]?.city } });
    expect(new Date(box?.createdAt ?? 0).getTime()).to.equal(boxes[0]?.createdAtMs);
  });

  it('answers 401 to bad credentials, to no token, and to one that has expired', async () => {
    let nowMs = 0;
    const part = await start({ tokenLifetimeMs: 1000, now: () => nowMs });
    expect((await login(part, { username: part.username, password: 'guess' })).status).to.equal(401);
    expect((await fetch(`${part.url}/boxes?page=1`)).status).to.equal(401);
    const init = await authorized(part);
    nowMs = 999;
    expect((await fetch(`${part.url}/boxes?page=1`, init)).status).to.equal(200);
    nowMs = 1000;
    expect((await fetch(`${part.url}/boxes?page=1`, init)).status).to.equal(401);
    expect(part.requests()).to.include({ 'POST /login 401': 1, 'GET /boxes 401': 2 });
  });

  it('answers 400 to what it cannot read, and 404 to what it does not know', async () => {
    const part = await start();
    const init = await authorized(part);
    expect((await fetch(`${part.url}/login`, { method: 'POST', body: '{' })).status).to.equal(400);
    expect((await login(part, { username: part.username })).status).to.equal(400);
    expect((await login(part, { username: 'x'.repeat(20_000), password: '' })).status).to.equal(400);
    for (const page of ['0', '-1', '1.5', 'two', '']) {
      expect((await fetch(`${part.url}/boxes?page=${page}`, init)).status, page).to.equal(400);
    }
    expect((await fetch(`${part.url}/users`, init)).status).to.equal(404);
    expect((await fetch(`${part.url}/login`, init)).status).to.equal(404);
  });

  it('follows the boxes as they come and go', async () => {
    let current = boxes.slice(0, 3);
    const part = await start({ boxes: () => current });
    const init = await authorized(part);
    const total = async (): Promise<unknown> => {
      const response = await fetch(`${part.url}/boxes?page=1`, init);
      return pageSchema.parse(await response.json())['hydra:totalItems'];
    };
    expect(await total()).to.equal(3);
    current = boxes.slice(0, 2);
    expect(await total()).to.equal(2);
  });

  it('stops although clients hold their connections, twice if need be, and frees its port', async () => {
    const part = await start();
    await authorized(part);
    await part.stop();
    await part.stop();
    const port = Number(new URL(part.url).port);
    const again = await start({ port });
    expect(again.url).to.equal(part.url);
  });
});
