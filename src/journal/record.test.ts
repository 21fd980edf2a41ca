import { expect } from 'chai';
import * as fc from 'fast-check';
import { aMessage, anyEntry, plain } from '../../test/fixture/journal.ts';
import { PendingBuffer } from './pending-buffer.ts';
import { decodeEntry, encodeRecord, isIntact, MAX_BODY_BYTES, recordBytes, sequenceOf } from './record.ts';

describe('a record', () => {
  it('is read as it was written, one behind the other', () => {
    return fc.assert(
      fc.property(
        fc.array(anyEntry, { maxLength: 20 }),
        fc.integer({ min: 1, max: 2 ** 47 }),
        (entries, first) => {
          const pending = new PendingBuffer();
          for (const [index, entry] of entries.entries()) encodeRecord(pending, first + index, entry);
          expect(pending.records).to.equal(entries.length);
          let start = 0;
          entries.forEach((entry, index) => {
            const size = recordBytes(pending.bytes, start) ?? 0;
            expect(isIntact(pending.bytes, start, start + size)).to.equal(true);
            expect(sequenceOf(pending.bytes, start)).to.equal(first + index);
            const read = decodeEntry(pending.bytes, start, start + size);
            expect(read && plain(read)).to.deep.equal(plain(entry));
            start += size;
          });
          expect(start).to.equal(pending.used);
        },
      ),
    );
  });

  it('is found damaged whatever bit of it falls over', () => {
    const pending = new PendingBuffer();
    encodeRecord(pending, 7, aMessage(1));
    const { bytes, used } = pending;
    for (let bit = 0; bit < 8 * used; bit++) {
      const flip = () => {
        bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      };
      flip();
      const size = recordBytes(bytes, 0);
      expect(size === used && isIntact(bytes, 0, used), `bit ${bit}`).to.equal(false);
      flip();
    }
    expect(isIntact(bytes, 0, used)).to.equal(true);
  });

  it('is refused if it is larger than a record may be, and leaves what was pending as it was', () => {
    const pending = new PendingBuffer();
    encodeRecord(pending, 1, aMessage(1));
    const before = pending.used;
    const large = { kind: 'point', line: 'x'.repeat(MAX_BODY_BYTES + 1) } as const;
    expect(() => encodeRecord(pending, 2, large))
      .to.throw()
      .with.property('code', 'JOURNAL_RECORD');
    const umlauts = { kind: 'point', line: 'ä'.repeat(MAX_BODY_BYTES / 2 + 1) } as const;
    expect(() => encodeRecord(pending, 2, umlauts))
      .to.throw()
      .with.property('code', 'JOURNAL_RECORD');
    expect(pending.used).to.equal(before);
    encodeRecord(pending, 2, { kind: 'point', line: 'ä'.repeat(MAX_BODY_BYTES / 2) });
    expect(pending.records).to.equal(2);
  });

  it('holds the largest message that Evida takes', () => {
    const pending = new PendingBuffer();
    const message = { ...aMessage(1), kind: 'message', payload: Buffer.alloc(1024 * 1024, 1) } as const;
    const entry = { ...message, receivedAt: 1, packetId: 1, retained: true, resumed: false, backlog: true };
    encodeRecord(pending, 1, { ...entry, topic: 'x'.repeat(0xffff) });
    const read = decodeEntry(pending.bytes, 0, pending.used);
    expect(read).to.have.property('topic').with.length(0xffff);
    expect(read).to.include({ retained: true, resumed: false, backlog: true });
  });

  it('is nothing if its body makes no sense, whatever its checksum says', () => {
    const pending = new PendingBuffer();
    encodeRecord(pending, 1, { kind: 'point', line: '{"kind":"started"}' });
    for (const type of [1, 3, 9]) {
      pending.bytes[14] = type;
      expect(decodeEntry(pending.bytes, 0, pending.used), `type ${type}`).to.equal(undefined);
    }
  });
});
