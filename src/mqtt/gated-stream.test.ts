import { once } from 'node:events';
import { Duplex, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { ManualCommits } from '../../test/fixture/manual-commits.ts';
import { GatedStream } from './gated-stream.ts';

const MIB = 1024 * 1024;
const PING = Buffer.from([0xc0, 0]);
const puback = (id: number) => Buffer.from([0x40, 2, id >> 8, id & 0xff]);

/** The end of a connection that the test holds in its hand. */
class FakeSocket extends Duplex {
  readonly written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.written.push(chunk);
    callback();
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

function createGate() {
  const socket = new FakeSocket();
  const commits = new ManualCommits();
  const gate = new GatedStream(socket, commits);
  gate.on('error', () => undefined);
  return { socket, commits, gate };
}

describe('GatedStream', () => {
  it('lets an acknowledgement go when everything that was appended until then is committed', () => {
    const { socket, commits, gate } = createGate();
    commits.append(10);
    gate.write(puback(1));
    commits.append(10);
    gate.write(puback(2));
    expect(socket.sent).to.deep.equal([]);
    commits.commit(1);
    expect(socket.sent).to.deep.equal([1]);
    commits.commit(2);
    expect(socket.sent).to.deep.equal([1, 2]);
  });

  it('lets it go at once if nothing waits for the disk', () => {
    const { socket, commits, gate } = createGate();
    commits.append(10);
    commits.commit();
    gate.write(puback(1));
    expect(socket.sent).to.deep.equal([1]);
  });

  it('sends what a commit lets go in one piece', () => {
    const { socket, commits, gate } = createGate();
    for (let id = 1; id <= 1000; id++) {
      commits.append(10);
      gate.write(puback(id));
    }
    commits.commit();
    expect(socket.written).to.have.length(1);
    expect(socket.sent).to.have.length(1000);
  });

  it('lets all other packets pass, so that a ping is answered while the disk is slow', () => {
    const { socket, commits, gate } = createGate();
    commits.append(10);
    gate.write(puback(1));
    gate.write(PING);
    expect(socket.sent).to.deep.equal(['ping']);
  });

  it('takes what is written at once, so that its writer goes on', () => {
    const { commits, gate } = createGate();
    commits.append(10);
    for (let id = 1; id <= 30_000; id++) expect(gate.write(puback(id))).to.equal(true);
  });

  it('holds acknowledgements whatever is committed, and then for what was appended meanwhile', () => {
    const { socket, commits, gate } = createGate();
    gate.hold();
    gate.write(puback(1));
    commits.append(10);
    commits.commit();
    expect(socket.sent).to.deep.equal([]);
    commits.append(10);
    gate.release();
    expect(socket.sent).to.deep.equal([]);
    commits.commit();
    expect(socket.sent).to.deep.equal([1]);
  });

  it('keeps the order of acknowledgements, sends each once, and none before its commit', () => {
    const step = fc.oneof(
      fc.constant('receive' as const),
      fc.constantFrom('commit all' as const, 'hold' as const, 'release' as const),
      fc.record({ commit: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { socket, commits, gate } = createGate();
        let received = 0;
        for (const each of steps) {
          if (each === 'receive') {
            commits.append(1);
            gate.write(puback(++received));
          } else if (each === 'commit all') commits.commit();
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
    const read: string[] = [];
    gate.pipe(new Writable({ write: (chunk, _encoding, done) => done(void read.push(String(chunk))) }));
    socket.push('first');
    commits.append(8 * MIB + 1);
    await turn();
    await turn();
    socket.push('second');
    await turn();
    await turn();
    expect(read).to.deep.equal(['first']);
    commits.uncommittedBytes = 4 * MIB;
    commits.commit(0);
    await turn();
    await turn();
    expect(read).to.deep.equal(['first']);
    commits.uncommittedBytes = 4 * MIB - 1;
    commits.commit(0);
    await turn();
    await turn();
    expect(read).to.deep.equal(['first', 'second']);
  });

  it('gives what came before the end, and then the end', async () => {
    const { socket, gate } = createGate();
    const read: string[] = [];
    gate.on('data', (chunk) => read.push(String(chunk)));
    socket.push('last words');
    socket.push(null);
    socket.end();
    await once(gate, 'close');
    expect(read).to.deep.equal(['last words']);
  });

  it('passes on the error of the socket, and is gone with it', async () => {
    const { socket, gate } = createGate();
    socket.destroy(new Error('broken'));
    const [error] = await once(gate, 'error');
    expect(error).to.have.property('message', 'broken');
    expect(gate.destroyed).to.equal(true);
  });

  it('leaves nothing behind when it is destroyed, and acknowledges nothing more', () => {
    const { socket, commits, gate } = createGate();
    commits.append(10);
    gate.write(puback(1));
    gate.destroy();
    expect(socket.destroyed).to.equal(true);
    expect(commits.listeners).to.equal(0);
    commits.commit();
    gate.release();
    expect(socket.sent).to.deep.equal([]);
  });

  it('sends nothing after the last packet of its writer', async () => {
    const { socket, commits, gate } = createGate();
    commits.append(10);
    gate.write(puback(1));
    gate.end(PING);
    await once(gate, 'finish');
    commits.commit();
    expect(socket.sent).to.deep.equal(['ping']);
    expect(socket.writableEnded).to.equal(true);
  });

  describe('finishReading', () => {
    it('resolves when what was read is acknowledged', async () => {
      const { socket, commits, gate } = createGate();
      gate.resume();
      commits.append(10);
      gate.write(puback(1));
      let isFinished = false;
      const finished = gate.finishReading().then(() => {
        isFinished = true;
      });
      await turn();
      await turn();
      expect(isFinished).to.equal(false);
      socket.push('not read any more');
      commits.commit();
      await finished;
      expect(socket.sent).to.deep.equal([1]);
      expect(socket.readableLength).to.be.greaterThan(0);
    });

    it('does not wait for what is held, nor for a connection that is gone', async () => {
      const held = createGate();
      held.gate.hold();
      held.gate.write(puback(1));
      await held.gate.finishReading();
      const gone = createGate();
      gone.commits.append(10);
      gone.gate.write(puback(1));
      const finished = gone.gate.finishReading();
      await turn();
      await turn();
      gone.gate.destroy();
      await finished;
    });
  });
});
