import { expect } from 'chai';
import fc from 'fast-check';
import { decodePayload } from './decode-payload.ts';
import type { Quantity } from './reading.ts';

const QUANTITIES: readonly Quantity[] = [
  'status',
  'current',
  'powerFactor',
  'energy',
  'voltage',
  'meter',
  'command',
];

function decode(quantity: Quantity, text: string) {
  const { values, rejections } = decodePayload(quantity, new TextEncoder().encode(text));
  return {
    values: values.map(({ index, value }) => [index, value]),
    reasons: rejections.map(({ reason }) => reason),
  };
}

describe('decodePayload', () => {
  it('reads index-value pairs in the order of the wire, any subset of them', () => {
    expect(decode('status', '0-2,1-0,9-6,10-0')).to.deep.equal({
      values: [
        [0, 2],
        [1, 0],
        [9, 6],
        [10, 0],
      ],
      reasons: [],
    });
    expect(decode('current', '3-5230').values).to.deep.equal([[3, 5230]]);
    expect(decode('powerFactor', '0-97.5').values).to.deep.equal([[0, 97.5]]);
  });

  it('uses the good pairs and rejects the others with a reason', () => {
    expect(decode('current', '0-1,x-2,2-abc,3-1000001,4--5,5,6-7')).to.deep.equal({
      values: [
        [0, 1],
        [6, 7],
      ],
      reasons: ['unknown-index', 'not-a-number', 'out-of-range', 'out-of-range', 'malformed'],
    });
  });

  it('rejects every pair of a repeated index, also when one of them is bad', () => {
    expect(decode('status', '0-2,1-1,0-3')).to.deep.equal({
      values: [[1, 1]],
      reasons: ['repeated-index', 'repeated-index'],
    });
    expect(decode('status', '0-2,0-x')).to.deep.equal({
      values: [],
      reasons: ['not-a-number', 'repeated-index'],
    });
  });

  it('knows index 10 in status and energy only, and any integer as the status of the box', () => {
    expect(decode('status', '10--7').values).to.deep.equal([[10, -7]]);
    expect(decode('energy', '10-5400000').values).to.deep.equal([[10, 5400000]]);
    expect(decode('current', '10-1').reasons).to.deep.equal(['unknown-index']);
    expect(decode('status', '0-13,1-1.5,2--1').reasons).to.deep.equal([
      'out-of-range',
      'out-of-range',
      'out-of-range',
    ]);
  });

  it('tolerates spaces, CRLF, a BOM, empty pairs and a trailing comma', () => {
    expect(decode('status', '\uFEFF 0 - 2 ,, 1-0,\r\n')).to.deep.equal({
      values: [
        [0, 2],
        [1, 0],
      ],
      reasons: [],
    });
    expect(decode('voltage', ' x-230 ,').values).to.deep.equal([[10, 230]]);
  });

  it('takes numbers of at most fifteen digits, written plainly', () => {
    expect(decode('energy', '0-999999999999999').values).to.deep.equal([[0, 999999999999999]]);
    for (const number of [
      '1000000000000000',
      '+1',
      '1e3',
      '.5',
      '5.',
      '1.2.3',
      '0x1',
      '',
      '-',
      '--1',
      '1 2',
    ]) {
      expect(decode('energy', `0-${number}`).values, number).to.deep.equal([]);
    }
  });

  it('reads the voltage after the first dash, whatever stands before it', () => {
    expect(decode('voltage', 'x-230').values).to.deep.equal([[10, 230]]);
    expect(decode('voltage', '-229.5').values).to.deep.equal([[10, 229.5]]);
    expect(decode('voltage', '230').reasons).to.deep.equal(['malformed']);
    expect(decode('voltage', 'x-1001').reasons).to.deep.equal(['out-of-range']);
  });

  it('reads first, second and last field of a meter and ignores what is between', () => {
    expect(decode('meter', '230,12.5,foo,,8123.4').values).to.deep.equal([
      [0, 230],
      [1, 12.5],
      [2, 8123.4],
    ]);
    expect(decode('meter', '230,bad,8123.4')).to.deep.equal({
      values: [
        [0, 230],
        [2, 8123.4],
      ],
      reasons: ['not-a-number'],
    });
    expect(decode('meter', '230,8123.4').reasons).to.deep.equal(['malformed']);
  });

  it('reads outlet and command digit of a three-character command', () => {
    expect(decode('command', 'C31').values).to.deep.equal([[3, 1]]);
    expect(decode('command', 'ô31').values).to.deep.equal([[3, 1]]);
    expect(decode('command', 'C3').reasons).to.deep.equal(['malformed']);
    expect(decode('command', 'C3x').reasons).to.deep.equal(['malformed']);
  });

  it('gives a reason for what is empty or far too long', () => {
    for (const quantity of QUANTITIES) {
      expect(decode(quantity, ' ').reasons, quantity).to.deep.equal(['empty']);
      expect(decode(quantity, '0-1,'.repeat(2000)).reasons, quantity).to.deep.equal(['too-long']);
    }
  });

  it('reads a payload without a fault as it reads one with a space before it, whatever it holds', () => {
    const value = fc.constantFrom('0', '2', '7', '97.5', '1000001', '-1', 'x', '');
    const pairs = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 11 }), value), { maxLength: 6 })
      .map((all) => all.map(([index, written]) => `${index}-${written}`).join());
    const voltage = fc.tuple(fc.constantFrom('x-', '-', '', 'x,y-'), value, fc.constantFrom('', ',', '-1'));
    const ofQuantity = fc.oneof(
      fc.tuple(fc.constantFrom<Quantity[]>('status', 'current', 'powerFactor', 'energy'), pairs),
      fc.tuple(
        fc.constant<Quantity>('voltage'),
        voltage.map((parts) => parts.join('')),
      ),
      fc.tuple(
        fc.constant<Quantity>('meter'),
        fc.array(value, { maxLength: 6 }).map((values) => values.join()),
      ),
    );
    fc.assert(
      fc.property(ofQuantity, ([quantity, written]) => {
        expect(decode(quantity, written)).to.deep.equal(decode(quantity, ` ${written}`));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives values or reasons for any bytes, never an exception', () => {
    const wireLike = fc.string({ unit: fc.constantFrom(...'0123456789-,. x\r\n'), maxLength: 60 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      wireLike.map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...QUANTITIES), bytes, (quantity, payload) => {
        const { values, rejections } = decodePayload(quantity, payload);
        expect(values.length + rejections.length).to.be.greaterThan(0);
        expect(values.every(({ value }) => Number.isFinite(value))).to.equal(true);
        expect(new Set(values.map(({ index }) => index)).size).to.equal(values.length);
      }),
    );
  });
});
