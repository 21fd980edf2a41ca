import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { ManualCommits } from '../../test/fixture/manual-commits.ts';
import { until } from '../embedded/until.ts';
import { GatedStream } from './gated-stream.ts';

const MIB = 1024 * 1024;
const READ_WITHIN_MS = 8000;
/** That nothing is read is seen only by waiting for it. */
const LONGER_THAN_A_REST_MS = 20;
const PING = Buffer.from([0xc0, 0]);
const CONNACK = Buffer.from([0x20, 2, 0, 0]);
/** A message with QoS 1 on the topic `t`. */
const message = (id: number) => Buffer.from([0x32, 6, 0, 1, 0x74, id >> 8, id & 0xff, 0x30]);

/** The end of a connection that the test holds in its hand. */
class FakeSocket extends Duplex {
  readonly written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.written.push(chunk);
    callback();
  }

  /** The broker says this; resolves when it is read. */
  async say(...packets: Buffer[]): Promise<void> {
    this.push(Buffer.concat(packets));
    await until(() => this.readableLength === 0 || this.destroyed, READ_WITHIN_MS);
  }

  /** The packet ids of what was acknowledged, `ping` for the other packets. */
  get sent(): (number | 'ping')[] {
    const bytes = Buffer.concat(this.written);
    const packets: (number | 'ping')[] = [];
    for (let at = 0; at < bytes.length; at += bytes[at] === 0x40 ? 4 : 2) {
      packets.push(bytes[at] === 0x40 ? bytes.readUInt16BE(at + 2) : 'ping');
    }
    return packets;
  }
}

/** Each message is appended to the log with this many bytes. */
const APPENDED_BYTES = 10;

function createGate() {
  const socket = new FakeSocket();
  const commits = new ManualCommits();
  const gate = new GatedStream(socket, commits, 4);
  gate.on('error', () => undefined);
  /** What its reader gets. */
  const read: Buffer[] = [];
  gate.on('data', (chunk: Buffer) => read.push(chunk));
  const handedOn: number[] = [];
  const begin = () =>
    gate.begin(({ packetId }) => {
      handedOn.push(packetId);
      commits.append(APPENDED_BYTES);
    });
  return { socket, commits, gate, begin, handedOn, read };
}

function createBegunGate() {
  const created = createGate();
  created.begin();
  return created;
}

describe('GatedStream', () => {
  it('lets an acknowledgement go when everything that was appended until then is committed', async () => {
    const { socket, commits } = createBegunGate();
    await socket.say(message(1), message(2));
    expect(socket.sent).to.deep.equal([]);
    commits.commit(1);
    expect(socket.sent).to.deep.equal([1]);
    commits.commit(2);
    expect(socket.sent).to.deep.equal([1, 2]);
  });

  it('lets it go at once if nothing waits for the disk', async () => {
    const { socket, gate } = createGate();
    gate.begin(() => undefined);
    await socket.say(message(1));
    expect(socket.sent).to.deep.equal([1]);
  });

  it('sends what a commit lets go in one piece', async () => {
    const { socket, commits } = createBegunGate();
    await socket.say(...Array.from({ length: 1000 }, (_, index) => message(index + 1)));
    commits.commit();
    expect(socket.written).to.have.length(1);
    expect(socket.sent).to.have.length(1000);
  });

  it('lets all other packets pass, so that a ping is answered while the disk is slow', async () => {
    const { socket, gate } = createBegunGate();
    await socket.say(message(1));
    gate.write(PING);
    expect(socket.sent).to.deep.equal(['ping']);
  });

  it('takes what is written at once, so that its writer goes on', () => {
    const { gate } = createGate();
    for (let ping = 1; ping <= 30_000; ping++) expect(gate.write(PING)).to.equal(true);
  });

  it('holds acknowledgements whatever is committed, and then for what was appended meanwhile', async () => {
    const { socket, commits, gate } = createBegunGate();
    gate.hold();
    await socket.say(message(1));
    commits.commit();
    expect(socket.sent).to.deep.equal([]);
    commits.append(10);
    gate.release();
    expect(socket.sent).to.deep.equal([]);
    commits.commit();
    expect(socket.sent).to.deep.equal([1]);
  });

  it('keeps the order of acknowledgements, sends each once, and none before its commit', async function () {
    this.timeout(60_000);
    const step = fc.oneof(
      fc.constant('receive' as const),
      fc.constantFrom('commit all' as const, 'hold' as const, 'release' as const),
      fc.record({ commit: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { socket, commits, gate } = createBegunGate();
        let received = 0;
        for (const each of steps) {
          if (each === 'receive') await socket.say(message(++received));
          else if (each === 'commit all') commits.commit();
          else if (each === 'hold') gate.hold();
          else if (each === 'release') gate.release();
          else commits.commit(Math.min(commits.lastSequence, commits.committedSequence + each.commit));
          expect(socket.sent.length).to.be.at.most(commits.committedSequence);
        }
        commits.commit();
        gate.release();
        expect(socket.sent).to.deep.equal(Array.from({ length: received }, (_, n) => n + 1));
      }),
    );
  });

  it('reads no more while over 8 MiB wait for the disk, until half of it is left', async () => {
    const { socket, commits, gate } = createGate();
    const read: number[] = [];
    gate.begin(({ packetId }) => {
      read.push(packetId);
      commits.append(packetId === 1 ? 8 * MIB + 1 : APPENDED_BYTES);
    });
    await socket.say(message(1));
    const said = socket.say(message(2));
    await delay(LONGER_THAN_A_REST_MS);
    expect(read).to.deep.equal([1]);
    commits.uncommittedBytes = 4 * MIB;
    commits.commit(0);
    await delay(LONGER_THAN_A_REST_MS);
    expect(read).to.deep.equal([1]);
    commits.uncommittedBytes = 4 * MIB - 1;
    commits.commit(0);
    await said;
    expect(read).to.deep.equal([1, 2]);
  });

  it('hands on the messages, and leaves all other packets to its reader', async () => {
    const { socket, handedOn, read } = createBegunGate();
    await socket.say(message(1), PING, message(2), PING);
    expect(handedOn).to.deep.equal([1, 2]);
    expect(Buffer.concat(read)).to.deep.equal(Buffer.concat([PING, PING]));
  });

  it('keeps the messages that come with the CONNACK until somebody takes them', async () => {
    const { socket, commits, begin, handedOn } = createGate();
    await socket.say(CONNACK, message(1), message(2));
    commits.commit();
    expect(socket.sent).to.deep.equal([]);
    begin();
    await socket.say(message(3));
    commits.commit();
    expect(handedOn).to.deep.equal([1, 2, 3]);
    expect(socket.sent).to.deep.equal([1, 2, 3]);
  });

  it('breaks off when a message comes before the CONNACK, or one that cannot be read', async () => {
    const early = createGate();
    await early.socket.say(message(1));
    expect(early.gate.errored).to.have.property('message').that.contains('before it has let anybody in');
    const torn = createBegunGate();
    await torn.socket.say(message(1), Buffer.from([0x32, 3, 0, 9, 0x74]), message(2));
    expect(torn.gate.errored).to.have.property('message').that.contains('before it is whole');
    expect(torn.handedOn).to.deep.equal([1]);
    torn.commits.commit();
    expect(torn.socket.sent).to.deep.equal([]);
  });

  it('acknowledges nothing from the message on that could not be taken', async () => {
    const { socket, commits, gate } = createGate();
    const tried: number[] = [];
    gate.begin(({ packetId }) => {
      tried.push(packetId);
      if (packetId === 2) gate.destroy();
      else commits.append(APPENDED_BYTES);
    });
    await socket.say(message(1));
    commits.commit();
    await socket.say(message(2), message(3));
    commits.commit();
    expect(tried).to.deep.equal([1, 2]);
    expect(socket.sent).to.deep.equal([1]);
  });

  it('gives what came before the end, and then the end', async () => {
    const { socket, gate, read } = createGate();
    socket.push(PING);
    socket.push(null);
    socket.end();
    await once(gate, 'close');
    expect(read).to.deep.equal([PING]);
  });

  it('gives what came before an error, while it rests, too', async () => {
    const { socket, gate, handedOn, read } = createBegunGate();
    await socket.say(message(1));
    socket.push(Buffer.concat([message(2), PING]));
    socket.destroy(new Error('broken'));
    await once(gate, 'error');
    expect(handedOn).to.deep.equal([1, 2]);
    expect(read).to.deep.equal([PING]);
  });

  it('asks for a commit when the broker has said all it had, as it may wait for acknowledgements', async () => {
    const { socket, commits } = createBegunGate();
    await socket.say(message(1));
    expect(await until(() => commits.hurried > 0, READ_WITHIN_MS)).to.equal(true);
  });

  it('passes on the error of the socket, and is gone with it', async () => {
    const { socket, gate } = createGate();
    socket.destroy(new Error('broken'));
    const [error] = await once(gate, 'error');
    expect(error).to.have.property('message', 'broken');
    expect(gate.destroyed).to.equal(true);
  });

  it('leaves nothing behind when it is destroyed, and acknowledges nothing more', async () => {
    const { socket, commits, gate } = createBegunGate();
    await socket.say(message(1));
    gate.destroy();
    expect(socket.destroyed).to.equal(true);
    expect(commits.listeners).to.equal(0);
    commits.commit();
    gate.release();
    expect(socket.sent).to.deep.equal([]);
  });

  it('sends nothing after the last packet of its writer', async () => {
    const { socket, commits, gate } = createBegunGate();
    await socket.say(message(1));
    gate.end(PING);
    await once(gate, 'finish');
    commits.commit();
    expect(socket.sent).to.deep.equal(['ping']);
    expect(socket.writableEnded).to.equal(true);
  });

  describe('finishReading', () => {
    it('resolves when what was read is acknowledged', async () => {
      const { socket, commits, gate } = createBegunGate();
      await socket.say(message(1));
      let isFinished = false;
      const finished = gate.finishReading().then(() => {
        isFinished = true;
      });
      await turn();
      await turn();
      expect(isFinished).to.equal(false);
      socket.push(message(2));
      commits.commit();
      await finished;
      expect(socket.sent).to.deep.equal([1]);
      expect(socket.readableLength).to.be.greaterThan(0);
    });

    it('does not keep the connection open for what comes afterwards', async () => {
      const { socket, gate } = createBegunGate();
      await gate.finishReading();
      gate.end(PING);
      socket.push(message(1));
      socket.push(null);
      await once(gate, 'close');
      expect(socket.sent).to.deep.equal(['ping']);
    });

    it('does not wait for what is held, nor for a connection that is gone', async () => {
      const held = createBegunGate();
      held.gate.hold();
      await held.socket.say(message(1));
      await held.gate.finishReading();
      const gone = createBegunGate();
      await gone.socket.say(message(1));
      const finished = gone.gate.finishReading();
      await turn();
      await turn();
      gone.gate.destroy();
      await finished;
    });
  });
});
