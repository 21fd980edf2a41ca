import { expect } from 'chai';
import { Acknowledgements } from './acknowledgements.ts';

const PUBACK_BYTES = 4;

/** The packet ids of PUBACK packets one behind the other. */
function idsIn(packets: Buffer): number[] {
  return Array.from({ length: packets.length / PUBACK_BYTES }, (_, index) => {
    const at = index * PUBACK_BYTES;
    expect([packets[at], packets[at + 1]]).to.deep.equal([0x40, 2]);
    return packets.readUInt16BE(at + 2);
  });
}

describe('Acknowledgements', () => {
  it('gives, in their order, those that wait for nothing beyond a sequence, each once', () => {
    const waiting = new Acknowledgements();
    for (const [packetId, sequence] of [
      [700, 1],
      [3, 1],
      [65_535, 2],
      [4, 5],
    ] as const) {
      waiting.add(packetId, sequence);
    }
    expect(idsIn(waiting.takeThrough(0))).to.deep.equal([]);
    expect(idsIn(waiting.takeThrough(2))).to.deep.equal([700, 3, 65_535]);
    expect(idsIn(waiting.takeThrough(4))).to.deep.equal([]);
    expect(waiting.length).to.equal(1);
    expect(idsIn(waiting.takeThrough(5))).to.deep.equal([4]);
  });

  it('keeps their order over its whole capacity, again and again', () => {
    const waiting = new Acknowledgements();
    let sequence = 0;
    for (let round = 0; round < 3; round++) {
      const ids = Array.from({ length: 50_000 }, (_, index) => index + 1);
      for (const id of ids) waiting.add(id, ++sequence);
      expect(idsIn(waiting.takeThrough(sequence))).to.deep.equal(ids);
    }
  });

  it('lets all of them wait for a later sequence', () => {
    const waiting = new Acknowledgements();
    waiting.add(1, 1);
    waiting.add(2, 1);
    waiting.waitFor(9);
    expect(idsIn(waiting.takeThrough(8))).to.deep.equal([]);
    expect(idsIn(waiting.takeThrough(9))).to.deep.equal([1, 2]);
  });

  it('refuses more than a broker can tell apart', () => {
    const waiting = new Acknowledgements();
    for (let count = 0; count < 65_536; count++) waiting.add(1, 1);
    expect(() => waiting.add(1, 1)).to.throw(RangeError, 'without acknowledgements');
  });
});
