import { expect } from 'chai';
import { staleExpectations, unexpected } from './exemptions.ts';

const EXPECTED = [{ place: 'evida-fleet / Silent', rule: 'empty', about: 'nothing', why: 'all may be well' }];
const FOUND = { place: 'evida-fleet / Silent / away', rule: 'empty', problem: 'it finds nothing' };

describe('unexpected', () => {
  it('leaves out what is expected of a panel and its queries, and nothing else', () => {
    const others = [
      { ...FOUND, place: 'evida-fleet / Silent boxes' },
      { ...FOUND, rule: 'index' },
      { ...FOUND, problem: 'its transformations leave no row' },
    ];
    expect(
      unexpected([FOUND, { ...FOUND, place: 'evida-fleet / Silent' }, ...others], EXPECTED),
    ).to.deep.equal(others);
  });
});

describe('staleExpectations', () => {
  it('finds what is expected of a panel that is not there any more', () => {
    expect(staleExpectations(['evida-fleet / Silent / away'], EXPECTED)).to.deep.equal([]);
    expect(staleExpectations(['evida-fleet / Silent boxes / away'], EXPECTED)).to.deep.equal([
      {
        place: 'evida-fleet / Silent',
        rule: 'exemptions',
        problem: 'empty is expected of it, and it is not there',
      },
    ]);
  });
});
