import { open, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/*
 * A life line is a listening socket in a directory. The kernel closes it when the last thread of its process is
 * gone, whatever ended it, and not before: nobody has to guess from process ids, which containers do not share.
 */

/** What the address of a socket holds, on all systems. */
const ADDRESS_BYTES = 100;

/** Undefined where such a socket cannot be made: not every file system has them. */
export interface LifeLine {
  close(): Promise<void>;
}

/** Hangs a life line out, under a name that nobody else uses. */
export async function hangOut(directory: string, name: string): Promise<LifeLine | undefined> {
  const path = join(directory, name);
  try {
    return await withAddress(directory, name, async (address) => {
      const server = createServer((socket) => socket.on('error', () => undefined).destroy());
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ path: address, exclusive: true }, resolve);
      });
      server.unref();
      return {
        close: async () => {
          await new Promise((resolve) => server.close(resolve));
          await rm(path, { force: true });
        },
      };
    });
  } catch {
    return undefined;
  }
}

/** Whether somebody of this machine holds the life line; undefined if that cannot be told. */
export async function isHeld(directory: string, name: string): Promise<boolean | undefined> {
  try {
    return await withAddress(
      directory,
      name,
      (address) =>
        new Promise((resolve) => {
          const socket = connect({ path: address });
          socket.once('connect', () => {
            socket.destroy();
            resolve(true);
          });
          socket.once('error', (error: NodeJS.ErrnoException) => {
            // EAGAIN: there are so many who ask that it cannot be asked now.
            if (error.code === 'EAGAIN') resolve(true);
            else resolve(error.code === 'ECONNREFUSED' ? false : undefined);
          });
        }),
    );
  } catch {
    return undefined;
  }
}

/** Gives `use` an address for a file that fits into a socket's: Linux knows a short one for any open directory. */
async function withAddress<T>(
  directory: string,
  name: string,
  use: (address: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= ADDRESS_BYTES) return await use(path);
  if (process.platform !== 'linux') throw new RangeError(`${path} is too long for a socket`);
  const opened = await open(directory);
  try {
    return await use(`/proc/self/fd/${opened.fd}/${name}`);
  } finally {
    await opened.close();
  }
}
