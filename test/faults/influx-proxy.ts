import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { gunzipSync } from 'node:zlib';
import { freePort } from '../../src/embedded/free-port.ts';

/** What Evida wants to write. */
export interface WriteRequest {
  readonly bucket: string;
  readonly lines: readonly string[];
  /** Of the body as it came, compressed or not. */
  readonly bytes: number;
  /** `performance.now()` */
  readonly atMs: number;
}

/** An answer that is given in place of the real server's. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /** InfluxDB's own form if absent. */
  readonly message?: string;
}

/** `lose-answer`: the real server does it, and nobody hears that it has. */
export type Verdict = 'pass' | 'hang' | 'lose-answer' | ScriptedAnswer;

/** What stands between Evida and InfluxDB: it passes on, refuses, is silent, or answers as it is told. */
export class InfluxProxy {
  readonly port: number;
  /** Judges each write; everything else is passed on. */
  judge: (request: WriteRequest) => Verdict = () => 'pass';
  /** Told of each write and what became of it. */
  onWrite: (request: WriteRequest, verdict: Verdict) => void = () => undefined;
  confirmedWrites = 0;
  /** `performance.now()` of the last write that the real server has confirmed to Evida. */
  confirmedAtMs = performance.now();
  #longestStallMs = 0;
  readonly #target: () => string;
  readonly #agent = new Agent({ keepAlive: true });
  #server: Server | undefined;

  private constructor(port: number, target: () => string) {
    this.port = port;
    this.#target = target;
  }

  /** @param target the real server's address; asked at each request */
  static async open(target: () => string): Promise<InfluxProxy> {
    const proxy = new InfluxProxy(await freePort(), target);
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The longest time without a confirmed write since `beginWatch`, ms. */
  get longestStallMs(): number {
    return this.#longestStallMs;
  }

  beginWatch(): void {
    this.#longestStallMs = 0;
    this.confirmedAtMs = performance.now();
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
  }

  /** Breaks what is connected, and refuses what comes. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Closed for good. */
  async end(): Promise<void> {
    await this.close();
    this.#agent.destroy();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://influxdb');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (url.pathname !== '/api/v2/write') {
      await this.#passOn(request, response, body, () => true);
      return;
    }
    const write: WriteRequest = {
      bucket: url.searchParams.get('bucket') ?? '',
      lines: linesOf(request.headers, body),
      bytes: body.length,
      atMs: performance.now(),
    };
    const verdict = this.judge(write);
    this.onWrite(write, verdict);
    if (verdict === 'hang') return;
    if (verdict === 'lose-answer') {
      await this.#passOn(request, response, body, () => false);
      response.destroy();
    } else if (verdict === 'pass') {
      await this.#passOn(request, response, body, (status) => {
        if (status < 300) this.#noteConfirmed();
        return true;
      });
    } else answer(response, verdict);
  }

  #noteConfirmed(): void {
    const nowMs = performance.now();
    this.confirmedWrites += 1;
    this.#longestStallMs = Math.max(this.#longestStallMs, nowMs - this.confirmedAtMs);
    this.confirmedAtMs = nowMs;
  }

  /** @param tells whether the answer is given to who asked */
  #passOn(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    tells: (status: number) => boolean,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { method, headers } = request;
      const upstream = httpRequest(
        new URL(request.url ?? '/', this.#target()),
        { method, agent: this.#agent, headers: { ...headers, 'content-length': body.length } },
        (answered) => {
          const status = answered.statusCode ?? 502;
          answered.once('error', reject).once('end', resolve);
          if (!tells(status)) {
            answered.resume();
            return;
          }
          response.writeHead(status, answered.headers);
          answered.pipe(response);
        },
      );
      upstream.once('error', reject).end(body);
    });
  }
}

function answer(
  response: ServerResponse,
  { status, headers, message = 'as it was told' }: ScriptedAnswer,
): void {
  const code = status === 429 ? 'too many requests' : status < 500 ? 'invalid' : 'internal error';
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify({ code, message }));
}

function linesOf(headers: IncomingHttpHeaders, body: Buffer): string[] {
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return text
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}
