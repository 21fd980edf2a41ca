import { expect } from 'chai';
import fc from 'fast-check';
import { decodeNumber } from './decode-number.ts';

const GRAMMAR = /^-?[0-9]+(\.[0-9]+)?$/;

describe('decodeNumber', () => {
  it('agrees with the grammar and with Number to the last bit, but knows no -0', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789.-'), maxLength: 18 }),
      fc.tuple(fc.integer(), fc.nat(9999)).map(([whole, part]) => `${whole}.${part}`),
    );
    fc.assert(
      fc.property(text, (written) => {
        const bytes = new TextEncoder().encode(written);
        const isNumber = GRAMMAR.test(written) && written.replace(/[^0-9]/g, '').length <= 15;
        expect(decodeNumber(bytes, 0, bytes.length)).to.deep.equal(
          isNumber ? Number(written) + 0 : Number.NaN,
        );
      }),
      { numRuns: 500 },
    );
  });
});
