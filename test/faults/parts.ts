import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type InfluxDbPart, startInfluxDb } from '../../src/embedded/influxdb.ts';
import { type MqttServerPart, startMosquitto } from '../../src/embedded/mosquitto.ts';
import { isAlive, until } from '../../src/embedded/until.ts';

/** A server that can be killed, and started again on what it has left behind. */
abstract class MortalPart<P extends { stop(): Promise<void> }> {
  readonly dataDir: string;
  #part: P | undefined;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  protected abstract startPart(): Promise<P>;

  get part(): P {
    if (this.#part === undefined) throw new Error(`nothing runs in ${this.dataDir}`);
    return this.#part;
  }

  async start(): Promise<void> {
    this.#part = await this.startPart();
  }

  /** In order: it keeps what it has. */
  async stop(): Promise<void> {
    await this.#part?.stop();
  }

  /** SIGKILL, and until it is gone. */
  async kill(program: string): Promise<void> {
    const pid = processOf(program, this.dataDir);
    if (pid === undefined) throw new Error(`no ${program} runs in ${this.dataDir}`);
    process.kill(pid, 'SIGKILL');
    if (!(await until(() => !isAlive(pid), 5000))) throw new Error(`${program} survives SIGKILL`);
    await this.stop();
  }
}

/** Mosquitto, on one port for all its lives. */
export class MortalBroker extends MortalPart<MqttServerPart> {
  #port: number | undefined;

  get port(): number {
    return this.#port ?? 0;
  }

  override async startPart(): Promise<MqttServerPart> {
    const { dataDir } = this;
    const part = await startMosquitto({ dataDir, ...(this.#port !== undefined && { port: this.#port }) });
    this.#port = Number(new URL(part.url).port);
    return part;
  }

  override kill(): Promise<void> {
    return super.kill('mosquitto');
  }

  /** While it is away: it forgets its sessions and all that waits in them. */
  async forget(): Promise<void> {
    await rm(join(this.dataDir, 'mosquitto.db'), { force: true });
  }
}

/** InfluxDB, which gets another port at each start: whoever asks for it goes through a proxy. */
export class MortalInflux extends MortalPart<InfluxDbPart> {
  readonly #onProgress: (line: string) => void;

  constructor(dataDir: string, onProgress: (line: string) => void) {
    super(dataDir);
    this.#onProgress = onProgress;
  }

  override startPart(): Promise<InfluxDbPart> {
    return startInfluxDb({ dataDir: this.dataDir, onProgress: this.#onProgress });
  }

  override kill(): Promise<void> {
    return super.kill('influxd');
  }
}

/** The process of this program that was started with files of this directory; Linux only. */
function processOf(program: string, directory: string): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (command.endsWith(`/${program}`) && args.some((arg) => arg.startsWith(directory)))
        return Number(pid);
    } catch {
      // It has just ended.
    }
  }
  return undefined;
}
