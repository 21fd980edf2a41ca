import { join } from 'node:path';
import type { EboostApiPart } from '../../src/embedded/eboost/api-server.ts';
import { startEboostApi } from '../../src/embedded/eboost/api-server.ts';
import { EvidaProcess } from '../../test/faults/evida-process.ts';
import { telemetryEnvironment } from '../../test/faults/telemetry-environment.ts';
import type { Stage } from './stage.ts';
import type { Subject } from './subject.ts';

const FIRST_BOX = 10;
const LISTENS_WITHIN_MS = 120_000;

/** Evida with its default rules, listening to all boxes of the fleet. */
export class EvidaSubject implements Subject {
  readonly name = 'Evida';
  readonly process: EvidaProcess;
  readonly #api: EboostApiPart;

  private constructor(process: EvidaProcess, api: EboostApiPart) {
    this.process = process;
    this.#api = api;
  }

  /** @param boxes of the fleet; `more` ones are listened to as well, behind them */
  static async open(
    { directory, broker, influx }: Stage,
    boxes: number,
    more: readonly number[],
  ): Promise<EvidaSubject> {
    const numbers = [...Array.from({ length: boxes }, (_, index) => FIRST_BOX + index), ...more];
    const api = await startEboostApi({ boxes: () => numbers.map(listed) });
    const dataDir = join(directory, 'data');
    const environment = await telemetryEnvironment({ broker, influx, api, dataDir });
    return new EvidaSubject(new EvidaProcess(environment, join(directory, 'evida.log')), api);
  }

  /** @param changes to its environment */
  async start(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    this.process.start(undefined, changes);
    const isListening = await this.process.untilStatus(
      ({ delivery }) => delivery?.listening === true,
      LISTENS_WITHIN_MS,
    );
    if (!isListening)
      throw new Error(`Evida does not listen; its log is\n${this.process.log().slice(-2000)}`);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Decoded, and on the disk. */
  async taken(): Promise<number> {
    const messages = (await this.process.status())?.books?.messages;
    return messages === undefined ? 0 : messages.decoded + messages.dead;
  }

  async isDone(): Promise<boolean> {
    return (await this.process.status())?.books?.points.unsent === 0;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.#api.stop();
  }
}

function listed(number: number) {
  const place = { city: '', district: '', address: '', latitude: 10.8, longitude: 106.7 };
  const rest = { consumedFee: 0, available: 10, createdAtMs: 0, updatedAtMs: 0 };
  return { id: number, uniqueId: `Ebox_${number}`, name: `Box ${number}`, status: true, ...place, ...rest };
}
