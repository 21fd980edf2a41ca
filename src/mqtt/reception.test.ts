import { expect } from 'chai';
import { Receipts } from './receipts.ts';
import { type Received, Reception } from './reception.ts';

const MARKER_TOPIC = 'site-1/evida/evida/marker';

interface Setting {
  readonly receipts?: Receipts;
  readonly isSessionKept?: boolean;
  readonly prefix?: string;
}

function createReception({
  receipts = new Receipts(),
  isSessionKept = true,
  prefix = 'site-1/',
}: Setting = {}) {
  const received: Received[] = [];
  const gate: string[] = [];
  let duplicates = 0;
  const reception = new Reception({
    prefix,
    markerTopic: MARKER_TOPIC,
    isSessionKept,
    receipts,
    gate: { hold: () => gate.push('hold'), release: () => gate.push(`release after ${received.length}`) },
    isMarker: (payload) => payload.toString() === 'now',
    onMessage: (message) => received.push(message),
    onDuplicate: () => duplicates++,
  });
  const receive = (
    topic: string,
    payload: string,
    flags: { id?: number; dup?: boolean; retain?: boolean } = {},
  ) =>
    reception.receive({
      topic,
      payload: Buffer.from(payload),
      packetId: flags.id ?? 0,
      isRepeated: flags.dup ?? false,
      isRetained: flags.retain ?? false,
    });
  return { reception, receive, received, gate, receipts, duplicates: () => duplicates };
}

describe('Reception', () => {
  it('hands on messages without the topic prefix', () => {
    const { receive, received } = createReception();
    receive('site-1/SEbox_12', '0-1', { id: 4, retain: true });
    expect(received.map(({ topic, packetId, retained }) => ({ topic, packetId, retained }))).to.deep.equal([
      { topic: 'SEbox_12', packetId: 4, retained: true },
    ]);
  });

  it('hands on messages of another prefix, in a form that is no topic of a box', () => {
    const { receive, received } = createReception();
    receive('SEbox_12', '0-1', { id: 4 });
    expect(received.map(({ topic }) => topic)).to.deep.equal(['//SEbox_12']);
  });

  it('calls backlog what comes before the marker in a session that was kept, and nothing of a new one', () => {
    const kept = createReception();
    kept.receive('site-1/SEbox_12', '0-1', { id: 4 });
    kept.receive(MARKER_TOPIC, 'of an earlier connection', { id: 5 });
    kept.receive('site-1/SEbox_12', '0-2', { id: 6 });
    kept.receive(MARKER_TOPIC, 'now', { id: 7 });
    kept.receive('site-1/SEbox_12', '0-3', { id: 8 });
    expect(kept.received.map(({ backlog, resumed }) => [backlog, resumed])).to.deep.equal([
      [true, true],
      [true, true],
      [false, true],
    ]);
    const fresh = createReception({ isSessionKept: false });
    fresh.receive('site-1/SEbox_12', '0-1', { id: 4 });
    expect(fresh.received.map(({ backlog, resumed }) => [backlog, resumed])).to.deep.equal([[false, false]]);
  });

  it('holds acknowledgements while it does not know, and lets them go after what was new is handed on', () => {
    const { receipts, receive } = createReception();
    for (const id of [1, 2, 3]) receive('site-1/SEbox_12', '0-1', { id });
    const again = createReception({ receipts });
    again.receive('site-1/SEbox_12', '0-1', { id: 1, dup: true });
    again.receive('site-1/SEbox_12', '0-1', { id: 2, dup: true });
    expect(again.gate).to.deep.equal(['hold', 'hold']);
    again.receive('site-1/SEbox_12', '0-4', { id: 3, dup: true });
    expect(again.gate.slice(2)).to.deep.equal(['release after 3']);
    expect(again.received.map(({ packetId, backlog }) => [packetId, backlog])).to.deep.equal([
      [1, true],
      [2, true],
      [3, true],
    ]);
  });

  it('takes what it holds for new when the marker comes, and old markers for nothing', () => {
    const { receipts, receive } = createReception();
    for (const id of [1, 2]) receive('site-1/SEbox_12', '0-1', { id });
    const again = createReception({ receipts });
    again.receive('site-1/SEbox_12', '0-1', { id: 1, dup: true });
    again.receive(MARKER_TOPIC, 'of an earlier connection', { id: 9, dup: true });
    expect(again.received).to.have.length(0);
    again.receive(MARKER_TOPIC, 'now', { id: 10 });
    expect(again.received).to.have.length(1);
    expect(receipts.length).to.equal(3);
  });

  it('counts copies, and hands on none; messages with QoS 0 may stand between them', () => {
    const { receipts, receive } = createReception();
    for (const id of [1, 2]) receive('site-1/SEbox_12', '0-1', { id });
    const again = createReception({ receipts });
    again.receive('site-1/SEbox_12', '0-1', { id: 1, dup: true });
    again.receive('site-1/SEbox_12', '0-5');
    again.receive('site-1/SEbox_12', '0-1', { id: 2, dup: true });
    expect(again.received.map(({ packetId }) => packetId)).to.deep.equal([0]);
    expect(again.duplicates()).to.equal(2);
    expect(receipts.length).to.equal(2);
  });
});
