import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../src/embedded/free-port.ts';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  isFrozen: boolean;
}

/** What stands between Evida and the broker: a line that can be cut, frozen, or made deaf in one direction. */
export class TcpProxy {
  readonly port: number;
  /** What the client says is thrown away, so that no acknowledgement arrives. */
  dropsUpstream = false;
  /** Bytes thrown away so far. */
  droppedBytes = 0;
  readonly #target: () => number;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;

  private constructor(port: number, target: () => number) {
    this.port = port;
    this.#target = target;
  }

  /** @param target the port of 127.0.0.1 where the real server listens; asked at each connection */
  static async open(target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), target);
    await proxy.listen();
    return proxy;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  async listen(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
  }

  /** Breaks what is connected; what comes is taken on as before. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** What is connected stays so, and hears and says nothing any more; what comes is taken on as before. */
  freeze(): void {
    for (const pair of this.#pairs) {
      pair.isFrozen = true;
      pair.client.pause();
      pair.upstream.pause();
    }
  }

  /** Breaks what is connected, and refuses what comes. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  #join(client: Socket): void {
    const upstream = connect({ port: this.#target(), host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client: client.setNoDelay(), upstream, isFrozen: false };
    this.#pairs.add(pair);
    const leave = () => {
      // Who is frozen must not learn that the other side has gone.
      if (pair.isFrozen) return;
      this.#pairs.delete(pair);
      // What a server has said before it died still arrives.
      client.end();
      upstream.destroy();
    };
    client.on('error', leave).on('close', leave);
    upstream.on('error', leave).on('close', leave);
    client.on('data', (bytes) => {
      if (this.dropsUpstream) this.droppedBytes += bytes.length;
      else if (!upstream.write(bytes)) client.pause();
    });
    upstream.on('data', (bytes) => {
      if (!client.write(bytes)) upstream.pause();
    });
    client.on('drain', () => pair.isFrozen || upstream.resume());
    upstream.on('drain', () => pair.isFrozen || client.resume());
  }
}
