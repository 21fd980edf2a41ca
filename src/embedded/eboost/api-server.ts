import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { EvidaError } from '../../errors.ts';
import type { Part } from '../part.ts';
import type { EboostBox } from './records.ts';

export interface EboostApiOptions {
  /** The boxes at this moment; asked at each request, since boxes come and go. */
  readonly boxes: () => readonly EboostBox[];
  /** Answers 500, whatever is asked, while this says so. */
  readonly isFailing?: () => boolean;
  /** Any free one if absent or 0. */
  readonly port?: number;
  /** One hour if absent. */
  readonly tokenLifetimeMs?: number;
  /** ms UTC; the clock of this machine if absent. */
  readonly now?: () => number;
}

export interface EboostApiPart extends Part {
  /** What `EBOOST_API_URL` is set to: "http://127.0.0.1:40123". */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** How often each answer was given, by "GET /boxes 200". */
  requests(): Readonly<Record<string, number>>;
}

const PAGE_SIZE = 100;
const TOKEN_LIFETIME_MS = 3_600_000;
const MOST_BODY_BYTES = 10_000;
const loginSchema = z.object({ username: z.string(), password: z.string() });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Eboost's API over the boxes that it is given, on 127.0.0.1 (domain.md, "Eboost"): `POST /login`, `GET /boxes?page=K`.
 *
 * @throws EvidaError EMBEDDED_START if it cannot listen
 */
export async function startEboostApi(options: EboostApiOptions): Promise<EboostApiPart> {
  const { boxes, isFailing, port = 0, tokenLifetimeMs = TOKEN_LIFETIME_MS, now = Date.now } = options;
  const username = 'evida';
  const password = randomBytes(24).toString('base64url');
  const tokens = new TokenDesk(tokenLifetimeMs, now);
  const counts: Record<string, number> = {};

  const answer = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    if (isFailing?.()) return refusal(500, 'Internal Server Error');
    if (request.method === 'POST' && url.pathname === '/login') {
      const given = loginSchema.safeParse(await readJson(request));
      if (!given.success) return refusal(400, 'username and password are needed, as JSON');
      if (given.data.username !== username || given.data.password !== password) {
        return refusal(401, 'Invalid credentials.');
      }
      return { status: 200, body: { token: tokens.issue() } };
    }
    if (request.method === 'GET' && url.pathname === '/boxes') {
      if (!tokens.isValid(request.headers.authorization)) return refusal(401, 'Expired JWT Token');
      const page = url.searchParams.get('page') ?? '1';
      if (!/^[1-9]\d{0,8}$/.test(page)) return refusal(400, 'page counts from 1');
      return { status: 200, body: boxPage(boxes(), Number(page)) };
    }
    return refusal(404, 'Not Found');
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://eboost${request.url ?? '/'}`);
    const { status, body } = await answer(request, url);
    const key = `${request.method} ${url.pathname} ${status}`;
    // Unknown paths are counted as one: a scanner must not fill the memory.
    const counted = status === 404 ? 'other 404' : key;
    counts[counted] = (counts[counted] ?? 0) + 1;
    response.writeHead(status, { 'content-type': 'application/ld+json; charset=utf-8' });
    response.end(JSON.stringify(body));
  };

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(
        new EvidaError('EMBEDDED_START', { operation: `starting the Eboost API on port ${port}`, cause }),
      );
    server.once('error', fail).listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') fail(new Error('no port was given'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return stopped;
  };
  return {
    name: 'Eboost API',
    version: 'simulated',
    address: url,
    url,
    username,
    password,
    requests: () => ({ ...counts }),
    stop,
  };
}

/** Gives out tokens and forgets them when they have expired. */
class TokenDesk {
  readonly #expiresAtMs = new Map<string, number>();
  readonly #lifetimeMs: number;
  readonly #now: () => number;

  constructor(lifetimeMs: number, now: () => number) {
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  issue(): string {
    const nowMs = this.#now();
    for (const [token, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs <= nowMs) this.#expiresAtMs.delete(token);
    }
    const token = randomBytes(24).toString('base64url');
    this.#expiresAtMs.set(token, nowMs + this.#lifetimeMs);
    return token;
  }

  isValid(authorization: string | undefined): boolean {
    const [, token = ''] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? [];
    return (this.#expiresAtMs.get(token) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }
}

function refusal(code: number, message: string): Answer {
  return { status: code, body: { code, message } };
}

function boxPage(boxes: readonly EboostBox[], page: number) {
  return {
    'hydra:totalItems': boxes.length,
    'hydra:member': boxes.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((box) => ({
      uniqueId: box.uniqueId,
      name: box.name,
      status: box.status,
      city: { name: box.city },
      district: { name: box.district },
      address: box.address,
      latitude: box.latitude,
      longitude: box.longitude,
      consumedFee: box.consumedFee,
      available: box.available,
      createdAt: new Date(box.createdAtMs).toISOString(),
      updatedAt: new Date(box.updatedAtMs).toISOString(),
    })),
  };
}

/** What a request holds, or undefined if that is not JSON, or too much. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let body = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    // The rest is read all the same, since a client listens only when it has said everything.
    if (body.length <= MOST_BODY_BYTES) body += chunk;
  }
  if (body.length > MOST_BODY_BYTES) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
