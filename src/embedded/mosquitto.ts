import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import { onFreePort } from './free-port.ts';
import type { Part } from './part.ts';
import { keepSecrets, randomSecret } from './secrets-file.ts';
import { readLog } from './server-log.ts';
import { superviseServer } from './supervise.ts';
import { untilReady } from './until-ready.ts';

export interface MqttServerPart extends Part {
  /** Without the credentials: "mqtt://127.0.0.1:40123", or mqtts. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface MosquittoOptions {
  /** Holds the sessions, the configuration, the log and the secrets; created if missing, only for this user. */
  readonly dataDir: string;
  /** A free one if absent; given, the broker comes back where its clients look for it. */
  readonly port?: number;
  /** Listens for TLS only. */
  readonly tls?: MosquittoTls;
}

/** Paths of PEM files. */
interface MosquittoTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Lets in only who has a certificate that these ones vouch for. */
  readonly clientCaFile?: string;
}

/** Debian keeps daemons where an ordinary user's PATH does not look. */
const ALSO_LOOKED_IN = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];
const USERNAME = 'evida';

const secretsSchema = z.object({ password: z.string().min(8) });

/** The path of Mosquitto on this machine, or null. */
export function findMosquitto(
  directories: readonly string[] = [...(process.env.PATH ?? '').split(delimiter), ...ALSO_LOOKED_IN],
): string | null {
  for (const directory of directories) {
    const file = resolve(directory, 'mosquitto');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

/**
 * Starts Mosquitto: a broker with MQTT 5 that keeps its sessions on disk when it is stopped, and never drops a
 * queued message.
 *
 * @throws EvidaError EMBEDDED_START, also if Mosquitto is not installed
 */
export async function startMosquitto({ port, tls, ...options }: MosquittoOptions): Promise<MqttServerPart> {
  const dataDir = resolve(options.dataDir);
  const command = findMosquitto();
  if (command === null) {
    throw new EvidaError('EMBEDDED_START', {
      operation: 'starting Mosquitto',
      problem: 'it is not installed',
      hint: 'install it: apt-get install mosquitto, or brew install mosquitto',
    });
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { password } = await keepSecrets(join(dataDir, 'secrets.json'), secretsSchema, () => ({
    password: randomSecret(),
  }));
  await writeFile(join(dataDir, 'passwords'), `${USERNAME}:${passwordHash(password)}\n`, { mode: 0o600 });

  const startOn = async (chosen: number): Promise<MqttServerPart> => {
    const configuration = join(dataDir, 'mosquitto.conf');
    await writeFile(configuration, [...configurationOf(dataDir, chosen), ...linesOf(tls), ''].join('\n'), {
      mode: 0o600,
    });
    const server = await superviseServer({
      name: 'Mosquitto',
      command,
      args: ['-c', configuration],
      env: { PATH: process.env.PATH },
      cwd: dataDir,
      logFile: join(dataDir, 'mosquitto.log'),
      stopSignal: 'SIGTERM',
    });
    const version = await untilReady(server, async () => {
      return /mosquitto version (\S+) running/.exec(await readLog(server.logFile))?.[1];
    });
    const url = `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${chosen}`;
    return { name: 'Mosquitto', version, address: url, url, username: USERNAME, password, stop: server.stop };
  };
  return port === undefined ? onFreePort(startOn) : startOn(port);
}

function configurationOf(dataDir: string, port: number): string[] {
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${join(dataDir, 'passwords')}`,
    'persistence true',
    `persistence_location ${dataDir}/`,
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    'log_dest stderr',
    'connection_messages false',
  ];
  // Started by root it becomes another user, who may not read the data directory.
  if (process.getuid?.() === 0) lines.push('user root');
  return lines;
}

function linesOf(tls: MosquittoTls | undefined): string[] {
  const { certFile, keyFile, clientCaFile } = tls ?? {};
  return [
    ...(certFile === undefined ? [] : [`certfile ${certFile}`, `keyfile ${keyFile}`]),
    ...(clientCaFile === undefined ? [] : [`cafile ${clientCaFile}`, 'require_certificate true']),
  ];
}

/** The form of mosquitto_passwd, which takes passwords only from a terminal or, visible to all, from argv. */
function passwordHash(password: string): string {
  const iterations = 101;
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
  return `$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
