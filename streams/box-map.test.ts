import { expect } from 'chai';
import fc from 'fast-check';
import { BoxMap } from './box-map.ts';

describe('BoxMap', () => {
  it('holds what a Map would, however large the numbers are', () => {
    const number = fc.oneof(fc.nat(20), fc.constantFrom(65_535, 65_536, 999_999_999));
    const change = fc.tuple(number, fc.option(fc.nat()));
    fc.assert(
      fc.property(fc.array(change), number, (changes, asked) => {
        const boxes = new BoxMap<number>();
        const expected = new Map<number, number>();
        for (const [box, value] of changes) {
          if (value === null) {
            boxes.delete(box);
            expected.delete(box);
          } else {
            boxes.set(box, value);
            expected.set(box, value);
          }
        }
        expect(boxes.get(asked)).to.equal(expected.get(asked));
        expect([...boxes.keys()]).to.have.members([...expected.keys()]);
        expect([...boxes.values()].sort()).to.deep.equal([...expected.values()].sort());
      }),
    );
  });
});
