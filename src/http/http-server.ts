import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EvidaError } from '../errors.ts';
import { createMetrics } from './metrics.ts';
import type { Status } from './status.ts';

export interface HttpServer {
  /** Where it listens: "http://127.0.0.1:8080". */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves what a process says of itself, read-only: `/healthz` (it lives), `/readyz` (200 or 503, and which part is not
 * ready), `/status` (JSON) and `/metrics` (Prometheus).
 *
 * @param port 0 is any free one
 * @throws EvidaError HTTP_UNAVAILABLE if it cannot listen there
 */
export async function serveStatus(host: string, port: number, status: () => Status): Promise<HttpServer> {
  const metrics = createMetrics(status);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'text/plain', 'only GET\n');
      return;
    }
    switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
      case '/healthz':
        answer(response, 200, 'text/plain', 'ok\n');
        break;
      case '/readyz':
        answerReady(response, status());
        break;
      case '/status':
        answer(response, 200, 'application/json', `${JSON.stringify(status())}\n`);
        break;
      case '/metrics':
        metrics.metrics().then(
          (text) => answer(response, 200, metrics.contentType, text),
          (error: unknown) => answer(response, 500, 'text/plain', `${String(error)}\n`),
        );
        break;
      default:
        answer(response, 404, 'text/plain', 'there are /healthz, /readyz, /status and /metrics\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new EvidaError('HTTP_UNAVAILABLE', {
          operation: `listening on ${host}:${port}`,
          cause,
          hint: 'Set HTTP_PORT to a port that is free, or to 0 for any, and HTTP_HOST to an address of this machine.',
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  // Whoever scrapes must not keep the process from ending.
  server.unref();
  return { url: urlOf(server.address(), host), close: () => close(server) };
}

function answerReady(response: ServerResponse, { ready, parts }: Status): void {
  const lines = Object.entries(parts).map(([part, { ready: isReady, problem }]) =>
    isReady ? `${part}: ready` : `${part}: not ready: ${problem ?? 'starting'}`,
  );
  answer(response, ready ? 200 : 503, 'text/plain', `${lines.join('\n')}\n`);
}

function answer(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': `${type}${type.includes('charset') ? '' : '; charset=utf-8'}` });
  response.end(body);
}

function urlOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function close(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
