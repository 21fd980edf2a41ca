import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { openJournal } from '../../../test/fixture/journal.ts';
import { loadConfig } from '../../config.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Received } from '../../mqtt/reception.ts';
import { Recorder } from './recorder.ts';
import { createReducers } from './reducers.ts';
import { SteadyClock } from './steady-clock.ts';

const START_MS = Date.UTC(2026, 9, 1, 0, 30);
const log = pino({ level: 'silent' });
const config = loadConfig(
  {
    MQTT_URL: 'mqtt://localhost',
    INFLUX_URL: 'http://localhost',
    INFLUX_TOKEN: 'none',
    DATABASE_URL: 'postgres://localhost/none',
    EBOOST_API_URL: 'http://localhost',
    EBOOST_API_USERNAME: 'none',
    EBOOST_API_PASSWORD: 'none',
    EBOOST_DATABASE_URL: 'postgres://localhost/none',
    AZURE_STORAGE_CONNECTION_STRING: 'none',
    ROLES: 'photograph',
  },
  String,
);

describe('Recorder', () => {
  let directory: string;
  let journal: Journal;
  let recorder: Recorder;
  let passedMs: number;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-recorder-'));
    journal = await openJournal(directory);
    passedMs = 0;
    recorder = new Recorder({
      journal,
      reducers: createReducers(config),
      config,
      clock: new SteadyClock(
        () => START_MS + passedMs,
        () => passedMs,
      ),
      onDecoded: () => undefined,
      onPoint: () => undefined,
      log,
    });
  });
  afterEach(async () => {
    recorder.stop();
    await journal.close();
    await rm(directory, { recursive: true });
  });

  const message = (topic: string, payload: string): Received => ({
    packetId: 1,
    topic,
    payload: Buffer.from(payload),
    retained: false,
    resumed: false,
    backlog: false,
  });

  /** What stands in the log, in its order: topics, measurements with their reasons, kinds of control records. */
  async function logged(): Promise<string[]> {
    await recorder.committed();
    const reader = journal.read(1);
    const records = await reader.next(2 ** 20);
    await reader.close();
    return records.map(({ entry }) => {
      if (entry.kind === 'message') return entry.topic;
      if (entry.kind === 'control') return entry.control.kind;
      return [/^\w+/, /reason="(\w+)"/]
        .map((part) => part.exec(entry.line)?.at(-1))
        .join(' ')
        .trim();
    });
  }

  it('writes what falls due before a message in front of it, and what follows from it behind it', async () => {
    recorder.receive(message('SEbox_12', '3-1'));
    passedMs += 2000;
    recorder.receive(message('SEbox_12', '3-2,10-0'));
    expect(await logged()).to.deep.equal(['SEbox_12', 'photograph first', 'SEbox_12', 'connection']);
  });

  it('writes that nothing was observed while the process stood still, whoever asked for its time meanwhile', async () => {
    recorder.receive(message('SEbox_12', '3-1'));
    passedMs += 60_000;
    expect(recorder.atMs, 'a snapshot tells up to when all is decided').to.equal(START_MS);
    recorder.receive(message('SEbox_12', '3-1'));
    expect(await logged()).to.deep.equal(['SEbox_12', 'unobserved', 'photograph first', 'gap', 'SEbox_12']);
    expect(recorder.skips).to.equal(1);
    expect(recorder.atMs).to.equal(START_MS + 60_000);
  });
});
