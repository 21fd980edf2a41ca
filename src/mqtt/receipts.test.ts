import { expect } from 'chai';
import fc from 'fast-check';
import { Receipts } from './receipts.ts';

const CAPACITY = 65_534;
const bytes = (text: string) => Buffer.from(text);

describe('Receipts', () => {
  it('knows a message by its packet id, topic and payload', () => {
    const receipts = new Receipts();
    receipts.add(7, 'SEbox_1', bytes('0-1'));
    expect(receipts.isAt(0, 7, 'SEbox_1', bytes('0-1'))).to.equal(true);
    expect(receipts.isAt(0, 8, 'SEbox_1', bytes('0-1'))).to.equal(false);
    expect(receipts.isAt(0, 7, 'SEbox_2', bytes('0-1'))).to.equal(false);
    expect(receipts.isAt(0, 7, 'SEbox_1', bytes('0-2'))).to.equal(false);
    expect(receipts.isAt(1, 7, 'SEbox_1', bytes('0-1'))).to.equal(false);
    expect(receipts.isAt(-1, 7, 'SEbox_1', bytes('0-1'))).to.equal(false);
  });

  it('finds the last message of a packet id that was used again', () => {
    const receipts = new Receipts();
    for (const packetId of [1, 2, 1, 3]) receipts.add(packetId, 'SEbox_1', bytes('0-1'));
    expect([1, 2, 3, 4].map((packetId) => receipts.lastIndexOf(packetId))).to.deep.equal([2, 1, 3, -1]);
  });

  it('keeps nothing of a message with QoS 0', () => {
    const receipts = new Receipts();
    receipts.add(0, 'SEbox_1', bytes('0-1'));
    expect(receipts.length).to.equal(0);
  });

  it('keeps the last 65,534, so that the next id of a broker that counts through all ids is none of them', () => {
    const receipts = new Receipts();
    const ids = CAPACITY + 1;
    for (let n = 0; n < ids + 10; n++) receipts.add((n % ids) + 1, 'SEbox_1', bytes(String(n)));
    expect(receipts.length).to.equal(CAPACITY);
    const next = (ids + 10) % ids;
    expect(receipts.lastIndexOf(next + 1)).to.equal(-1);
    expect(receipts.lastIndexOf(next)).to.equal(CAPACITY - 1);
    expect(receipts.isAt(0, next + 2, 'SEbox_1', bytes(String(next + 1)))).to.equal(true);
  });

  it('is the same after export and restore', () => {
    const received = fc.record({ packetId: fc.integer({ min: 1, max: 65_535 }), payload: fc.uint8Array() });
    fc.assert(
      fc.property(fc.array(received), fc.array(received), (kept, forgotten) => {
        const receipts = new Receipts();
        for (const { packetId, payload } of kept) receipts.add(packetId, 'AEbox_3', payload);
        const restored = new Receipts();
        for (const { packetId, payload } of forgotten) restored.add(packetId, 'AEbox_3', payload);
        restored.restore(receipts.export());
        expect(restored.length).to.equal(kept.length);
        expect(restored.export()).to.equal(receipts.export());
        kept.forEach(({ packetId, payload }, index) => {
          expect(restored.isAt(index, packetId, 'AEbox_3', payload)).to.equal(true);
        });
      }),
    );
  });

  it('exports when it is full, and keeps its form over versions', () => {
    const receipts = new Receipts();
    receipts.add(258, 'SEbox_1', bytes('0-1'));
    expect(receipts.export()).to.equal('AgHgRKgD');
    for (let n = 0; n < CAPACITY + 5; n++) receipts.add(9, 'SEbox_1', bytes('0-1'));
    expect(receipts.export().length).to.equal(CAPACITY * 8);
  });

  it('says of other text that it is no export, and keeps what it has', () => {
    const receipts = new Receipts();
    receipts.add(7, 'SEbox_1', bytes('0-1'));
    for (const text of ['AAAA', 'no base64!', `${receipts.export()}A`]) {
      expect(() => receipts.restore(text)).to.throw(RangeError);
    }
    expect(receipts.length).to.equal(1);
  });
});
