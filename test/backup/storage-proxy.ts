import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What comes in the way of a request: an answer of the proxy's own, no answer, or one that is lost after it was done. */
export type Fault = number | 'cut' | 'lost';

/** Something between Evida and its blob storage. */
export interface StorageProxy {
  readonly connectionString: string;
  /** Is asked about each request, by its method and what it is for. */
  fault: (method: string, path: string) => Fault | undefined;
  close(): Promise<void>;
}

/** @param connectionString of the storage; signatures do not cover the port, so requests can pass */
export async function startStorageProxy(connectionString: string): Promise<StorageProxy> {
  const target = new URL(/BlobEndpoint=([^;]+)/.exec(connectionString)?.[1] ?? '');
  const server = createServer((incoming, answer) => {
    const { method = '', url: path = '', headers } = incoming;
    const fault = proxy.fault(method, decodeURIComponent(path));
    if (fault === 'cut') return void incoming.socket.destroy();
    if (typeof fault === 'number') {
      incoming.resume();
      answer.writeHead(fault, { 'retry-after': '0' });
      return void answer.end();
    }
    const forwarded = request(
      { host: target.hostname, port: target.port, method, path, headers: withHost(headers, target) },
      (response) => {
        if (fault === 'lost') {
          response.resume();
          response.once('end', () => incoming.socket.destroy());
          return;
        }
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      },
    );
    forwarded.on('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const proxy: StorageProxy = {
    connectionString: connectionString.replace(target.host, `127.0.0.1:${port}`),
    fault: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function withHost(headers: IncomingMessage['headers'], { host }: URL): IncomingMessage['headers'] {
  return { ...headers, host };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
  return address.port;
}
