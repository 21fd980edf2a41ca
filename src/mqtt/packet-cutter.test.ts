import { expect } from 'chai';
import fc from 'fast-check';
import { writeVariableLength } from '../../test/fixture/variable-length.ts';
import { PacketCutter } from './packet-cutter.ts';

/** A packet with so many bytes behind its header; its length is written by hand, in each of the four forms. */
function packetOf(bodyLength: number): Buffer {
  return Buffer.concat([
    Buffer.from([0x40, ...writeVariableLength(bodyLength)]),
    Buffer.alloc(bodyLength, bodyLength),
  ]);
}

function cutAll(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  new PacketCutter().cut(bytes, (whole, start, end) => packets.push(whole.subarray(start, end)));
  return packets;
}

describe('PacketCutter', () => {
  it('gives the packets whatever the pieces are in which they come', () => {
    const lengths = fc.array(fc.oneof(fc.nat(5), fc.constantFrom(127, 128, 16_383, 16_384)));
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (bodies, sizes) => {
        const packets = bodies.map(packetOf);
        const stream = Buffer.concat(packets);
        const cutter = new PacketCutter();
        const cut: Buffer[] = [];
        for (let at = 0, piece = 0; at < stream.length; piece++) {
          const size = sizes[piece % sizes.length] ?? 1;
          cutter.cut(stream.subarray(at, at + size), (bytes, start, end) => {
            cut.push(bytes.subarray(start, end));
          });
          at += size;
        }
        expect(cut).to.deep.equal(packets);
      }),
    );
  });

  it('reads the longest length there is', () => {
    const header = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]);
    expect(cutAll(header)).to.deep.equal([]);
  });

  it('refuses what cannot be MQTT', () => {
    const noLength = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect(() => cutAll(noLength)).to.throw(RangeError);
  });
});
