import { expect } from 'chai';
import fc from 'fast-check';
import {
  acceptBoxList,
  type BoxListReview,
  type KnownBox,
  type ListedBox,
  missingFrom,
  nameBoxes,
  reviewBoxList,
} from './review-box-list.ts';

const box = (number: number): ListedBox => ({
  number,
  name: `box ${number}`,
  city: null,
  district: null,
  inService: true,
});
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => box(from + index));
const without = (boxes: readonly ListedBox[], ...numbers: number[]) =>
  boxes.filter(({ number }) => !numbers.includes(number));
const knownOf = (listed: readonly ListedBox[]) => reviewBoxList([], listed, 1000).boxes;
const numbersOf = (boxes: readonly ListedBox[]) => boxes.map(({ number }) => number);
const removedBy = (review: BoxListReview) => (review.kind === 'taken' ? review.removed : []);

describe('reviewBoxList', () => {
  it('adds boxes at once, since the time of the list', () => {
    const review = reviewBoxList(knownOf([box(11)]), [box(12), box(11)], 2000);
    expect(review).to.deep.include({ kind: 'taken', added: [12], removed: [] });
    expect(review.boxes.map(({ number, listedSinceMs }) => [number, listedSinceMs])).to.deep.equal([
      [11, 1000],
      [12, 2000],
    ]);
  });

  it('removes a box after two complete lists in a row without it', () => {
    const listed = numbered(10, 19);
    const once = reviewBoxList(knownOf(listed), without(listed, 12), 2000);
    expect(once).to.deep.include({ kind: 'taken', removed: [] });
    expect(once.boxes.find(({ number }) => number === 12)).to.include({
      missingLists: 1,
      missingSinceMs: 2000,
    });
    const twice = reviewBoxList(once.boxes, without(listed, 12), 3000);
    expect(twice).to.deep.include({ kind: 'taken', removed: [12] });
    expect(numbersOf(twice.boxes)).not.to.include(12);
  });

  it('keeps a box that comes back after one list, and counts anew', () => {
    const listed = numbered(10, 19);
    const once = reviewBoxList(knownOf(listed), without(listed, 12), 2000);
    const back = reviewBoxList(once.boxes, listed, 3000);
    expect(back.boxes).to.deep.equal(knownOf(listed));
    expect(removedBy(reviewBoxList(back.boxes, without(listed, 12), 4000))).to.deep.equal([]);
  });

  it('takes a list that lacks 20 % of the boxes, and refuses one that lacks more', () => {
    const listed = numbered(10, 19);
    expect(reviewBoxList(knownOf(listed), without(listed, 10, 11), 2000).kind).to.equal('taken');
    const refused = reviewBoxList(knownOf(listed), [...without(listed, 10, 11, 12), box(99)], 2000);
    expect(refused).to.deep.equal({ kind: 'refused', boxes: knownOf(listed), missing: [10, 11, 12] });
  });

  it('counts boxes that are missing already among those that a list lacks', () => {
    const listed = numbered(10, 19);
    const once = reviewBoxList(knownOf(listed), without(listed, 10, 11), 2000);
    expect(reviewBoxList(once.boxes, without(listed, 10, 11, 12), 3000).kind).to.equal('refused');
  });

  it('takes a box that a refused list holds as not missing', () => {
    const listed = numbered(10, 19);
    const once = reviewBoxList(knownOf(listed), without(listed, 12), 2000);
    const refused = reviewBoxList(once.boxes, numbered(10, 13), 3000);
    expect(refused.kind).to.equal('refused');
    expect(removedBy(reviewBoxList(refused.boxes, without(listed, 12), 4000))).to.deep.equal([]);
  });

  it('refuses an empty list once there are boxes', () => {
    expect(reviewBoxList([], [], 1000)).to.deep.include({ kind: 'taken', boxes: [] });
    expect(reviewBoxList(knownOf([box(10)]), [], 2000).kind).to.equal('refused');
  });

  it('keeps boxes that are out of service, with what is new of them', () => {
    const review = reviewBoxList(knownOf([box(10)]), [{ ...box(10), inService: false, name: 'new' }], 2000);
    expect(review).to.deep.include({ kind: 'taken', removed: [] });
    expect(review.boxes).to.deep.equal([
      {
        ...box(10),
        inService: false,
        name: 'new',
        listedSinceMs: 1000,
        missingLists: 0,
        missingSinceMs: null,
      },
    ]);
  });

  describe('for any lists', () => {
    const list = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });
    // A few boxes fewer, as lists mostly are, and lists that have nothing to do with those before.
    const lists = fc.array(
      fc.oneof(
        list,
        fc
          .uniqueArray(fc.nat(30), { maxLength: 4 })
          .map((gone) => numbersOf(without(numbered(0, 30), ...gone))),
      ),
      { maxLength: 12 },
    );

    it('never removes a box that one of the last two lists holds, nor more than 20 % of them at once', () => {
      fc.assert(
        fc.property(lists, (sequence) => {
          let known: readonly KnownBox[] = [];
          let before: readonly number[] = [];
          for (const [step, numbers] of sequence.entries()) {
            const review = reviewBoxList(known, numbers.map(box), step);
            const after = new Set(numbersOf(review.boxes));
            const removed = numbersOf(known).filter((number) => !after.has(number));
            expect(removedBy(review)).to.deep.equal(removed);
            for (const number of removed) {
              expect(numbers).not.to.include(number);
              expect(before).not.to.include(number);
            }
            expect(removed.length).to.be.at.most(known.length / 5);
            if (review.kind === 'taken') expect([...after]).to.include.members(numbers);
            else expect(numbersOf(review.boxes)).to.deep.equal(numbersOf(known));
            known = review.boxes;
            before = numbers;
          }
        }),
      );
    });

    it('says the same in whatever order boxes are listed and known', () => {
      const shuffled = (boxes: readonly number[]) =>
        fc.shuffledSubarray([...boxes], { minLength: boxes.length });
      const orders = fc.tuple(list, list).chain(([known, listed]) =>
        fc.record({
          known: fc.constant(known),
          listed: fc.constant(listed),
          other: shuffled(listed),
          shuffledKnown: shuffled(known),
        }),
      );
      fc.assert(
        fc.property(orders, ({ known, listed, other, shuffledKnown }) => {
          const inOrder = knownOf(known.map(box));
          const byNumber = new Map(inOrder.map((one) => [one.number, one]));
          const inOther = shuffledKnown.flatMap((number) => byNumber.get(number) ?? []);
          expect(reviewBoxList(inOther, other.map(box), 2000)).to.deep.equal(
            reviewBoxList(inOrder, listed.map(box), 2000),
          );
        }),
      );
    });
  });
});

describe('acceptBoxList', () => {
  it('takes the list as it is: what it lacks goes at once', () => {
    const review = acceptBoxList(knownOf(numbered(10, 19)), [box(10), box(20)], 2000);
    expect(review.added).to.deep.equal([20]);
    expect(review.removed).to.deep.equal(numbersOf(numbered(11, 19)));
    expect(numbersOf(review.boxes)).to.deep.equal([10, 20]);
  });
});

describe('nameBoxes', () => {
  it('gives the boxes in the words of Evida, and names the ids that are none of a box', () => {
    const { listed, unknownIds } = nameBoxes([
      { uniqueId: 'Ebox_12', name: 'Chợ', status: false, city: { name: 'Hà Nội' }, district: null },
      { uniqueId: 'Ebox_012', name: null, status: null, city: null, district: null },
      { uniqueId: 'Lamp_1', name: null, status: null, city: null, district: null },
    ]);
    expect(listed).to.deep.equal([
      { number: 12, name: 'Chợ', city: 'Hà Nội', district: null, inService: false },
    ]);
    expect(unknownIds).to.deep.equal(['Ebox_012', 'Lamp_1']);
  });
});

describe('missingFrom', () => {
  it('names the known boxes that a list lacks', () => {
    expect(missingFrom([box(12), box(10), box(11)], [box(11), box(13)])).to.deep.equal([10, 12]);
  });
});
