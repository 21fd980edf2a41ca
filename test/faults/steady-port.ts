import { createServer } from 'node:net';

/** Below the ports that the system gives to outgoing connections: what is left for a moment is not taken by one of them. */
const FIRST = 20_000;
const PORTS = 10_000;

/** A free port that stays so while nobody listens on it for some seconds. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
