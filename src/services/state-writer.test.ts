import { expect } from 'chai';
import { DELIVERY } from '../../test/fixture/delivery-status.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { VirtualTiming } from '../../test/fixture/virtual-timing.ts';
import type { KnownBox } from '../eboost/review-box-list.ts';
import type { Status } from '../http/status.ts';
import { StateWriter, stateLine } from './state-writer.ts';

const START_MS = Date.parse('2026-10-01T00:00:00Z');
const MINUTE_MS = 60_000;

const STATUS: Status = {
  version: '1.2.3',
  pid: 7,
  startedAt: '2026-09-30T23:59:50.000Z',
  roles: ['photograph'],
  boxes: 2,
  ready: false,
  parts: {},
  books: null,
  delivery: null,
  jobs: [],
};
const OF_PROCESS = {
  ...DELIVERY,
  lastMessageAt: '2026-09-30T23:59:58.500Z',
  rejectedPairs: { malformed: 3, 'out-of-range': 4 },
  deadLetters: { malformed: 2, 'refused-point': 1 },
};
const box = (number: number, district: string | null): KnownBox => ({
  number,
  name: null,
  city: 'Hà Nội',
  district,
  inService: true,
  listedSinceMs: 0,
  missingLists: 0,
  missingSinceMs: null,
});

describe('StateWriter', () => {
  /** Requests by the minute of their start; each is answered as `weather` says. */
  function createWriter(weather: () => Promise<void> = () => Promise.resolve()) {
    const timing = new VirtualTiming(START_MS);
    const { log, lines } = createLogLines();
    const requests: { readonly minute: number; readonly lines: readonly string[]; isOver: boolean }[] = [];
    let boxes: readonly KnownBox[] = [];
    const writer = new StateWriter({
      client: 'evida',
      bucket: 'operations',
      status: () => STATUS,
      boxes: () => boxes,
      write: async (_bucket, written, signal) => {
        const request = { minute: (timing.now() - START_MS) / MINUTE_MS, lines: written, isOver: false };
        requests.push(request);
        let abort: () => void = () => undefined;
        const aborted = new Promise<void>((_, reject) => {
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort);
        });
        await Promise.race([weather(), aborted]).finally(() => {
          signal?.removeEventListener('abort', abort);
          request.isOver = true;
        });
      },
      timing,
      log,
    });
    const list = (listed: readonly KnownBox[]) => {
      boxes = listed;
    };
    return { writer, timing, requests, lines, list };
  }
  const measurements = (lines: readonly string[]) => lines.map((line) => line.split(/[, ]/)[0]);

  it('writes the state at once, and then every minute', async () => {
    const { writer, timing, requests } = createWriter();
    writer.start();
    writer.start();
    await timing.pass(2.5 * MINUTE_MS);
    expect(requests.map(({ minute }) => minute)).to.deep.equal([0, 1, 2]);
    await writer.stop();
    await timing.pass(5 * MINUTE_MS);
    expect(requests).to.have.length(3);
  });

  it('says where the boxes are when the list has changed, and each hour', async () => {
    const { writer, timing, requests, list } = createWriter();
    list([box(12, 'Cầu Giấy'), box(13, null)]);
    writer.start();
    await timing.pass(MINUTE_MS);
    list([box(12, 'Cầu "Giấy"')]);
    await timing.pass(61.5 * MINUTE_MS);
    await writer.stop();
    const placed = requests.filter(({ lines }) => lines.length > 1);
    expect(placed.map(({ minute }) => minute)).to.deep.equal([0, 2, 62]);
    expect(placed[0]?.lines.slice(1)).to.deep.equal([
      `place,box=12 city="Hà Nội",district="Cầu Giấy",in_service=true ${START_MS}`,
      `place,box=13 city="Hà Nội",district="Unknown",in_service=true ${START_MS}`,
    ]);
    expect(placed[1]?.lines[1]).to.contain('district="Cầu \\"Giấy\\""');
  });

  it('warns of a failure once, tries again with the next minute only, and says when it is over', async () => {
    let isAway = true;
    const { writer, timing, requests, lines, list } = createWriter(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(),
    );
    list([box(12, 'Cầu Giấy')]);
    writer.start();
    await timing.pass(3.5 * MINUTE_MS);
    isAway = false;
    await timing.pass(2 * MINUTE_MS);
    await writer.stop();
    expect(requests.map(({ minute }) => minute)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(requests.map(({ lines }) => measurements(lines).join())).to.deep.equal([
      ...Array(5).fill('evida,place'),
      'evida',
    ]);
    const levels = lines.map((line): number => JSON.parse(line).level);
    expect(levels, 'warn, then debug, then info').to.deep.equal([40, 20, 20, 20, 30]);
  });

  it('never has two requests under way: one that is not answered holds up only itself', async () => {
    const { writer, timing, requests } = createWriter(() => timing.delay(5 * MINUTE_MS, never));
    writer.start();
    await timing.pass(4 * MINUTE_MS);
    expect(requests).to.have.length(1);
    await timing.pass(2 * MINUTE_MS);
    expect(requests.map(({ minute }) => minute)).to.deep.equal([0, 6]);
    await writer.stop();
  });

  it('stops at once, also in the middle of a request, and without a word', async () => {
    const { writer, timing, requests, lines } = createWriter(() => new Promise(() => undefined));
    writer.start();
    await timing.pass(1000);
    await writer.stop();
    expect(requests.map(({ isOver }) => isOver)).to.deep.equal([true]);
    expect(lines).to.deep.equal([]);
    writer.start();
    await timing.pass(2 * MINUTE_MS);
    expect(requests).to.have.length(1);
  });

  it('writes what there is of a state: before the log is open, only that, and since when', () => {
    expect(stateLine(STATUS, 'evida 1', START_MS)).to.equal(
      `evida,client=evida\\ 1 ready=0,boxes=2,seconds_since_message=10 ${START_MS}`,
    );
  });

  it('writes the books, the lag, the log and the connection, all as floats', () => {
    const books = {
      messages: { received: 6, decoded: 3, dead: 2, duplicate: 1 },
      points: { decided: 9, written: 5, dead: 1, unsent: 3 },
    };
    const line = stateLine({ ...STATUS, ready: true, books, delivery: OF_PROCESS }, 'evida', START_MS);
    expect(line.split(' ')[1]?.split(',')).to.deep.equal([
      'ready=1',
      'boxes=2',
      'received=6',
      'decoded=3',
      'dead_messages=2',
      'duplicate=1',
      'decided=9',
      'written=5',
      'dead_points=1',
      'unsent=3',
      'oldest_unsent_s=1.5',
      'seconds_since_message=1.5',
      'silent_boxes=1',
      'dead_letters=3',
      'rejected_pairs=7',
      'log_bytes=1000',
      'log_max_bytes=4000',
      'log_refuses=0',
      'connected=1',
      'listening=1',
      'backlog=0',
      'reconnects=1',
      'clock_ahead_s=0',
      'write_requests=3',
      'write_retries=1',
    ]);
  });
});

const never = new AbortController().signal;
