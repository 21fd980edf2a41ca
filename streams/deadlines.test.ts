import { expect } from 'chai';
import fc from 'fast-check';
import { Deadlines } from './deadlines.ts';

describe('Deadlines', () => {
  it('gives keys in the order of their latest deadlines, however these were moved', () => {
    const moves = fc.array(fc.tuple(fc.nat(9), fc.oneof(fc.nat(99), fc.constant(Number.POSITIVE_INFINITY))));
    fc.assert(
      fc.property(moves, (sets) => {
        const deadlines = new Deadlines();
        const expected = new Map<number, number>();
        for (const [key, at] of sets) {
          deadlines.set(key, at);
          if (at === Number.POSITIVE_INFINITY) expected.delete(key);
          else expected.set(key, at);
        }
        const taken: [number, number][] = [];
        for (let due = deadlines.takeDue(99); due !== undefined; due = deadlines.takeDue(99)) {
          taken.push([due.key, due.at]);
        }
        expect(taken.map(([, at]) => at)).to.deep.equal([...expected.values()].sort((a, b) => a - b));
        expect(new Map(taken)).to.deep.equal(expected);
        expect(deadlines.earliest).to.equal(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('holds one entry a key, however often its deadline was moved, taken and set again', () => {
    const deadlines = new Deadlines();
    for (let at = 0; at < 10_000; at++) {
      deadlines.set(at % 3, at + 86_400);
      deadlines.set(at % 3, at + 2);
      deadlines.takeDue(at);
      deadlines.set(at % 3, at + 86_400);
    }
    expect(deadlines.size).to.equal(3);
  });

  it('leaves what falls later', () => {
    const deadlines = new Deadlines();
    deadlines.set(1, 20);
    expect(deadlines.takeDue(19)).to.equal(undefined);
    expect(deadlines.earliest).to.equal(20);
  });
});
