import { expect } from 'chai';
import { eboostHistory } from '../eboost/history.ts';
import { withNewestBox } from './newest-box.ts';

const TO_MS = Date.UTC(2026, 10, 2, 11);
const history = (boxes: number) =>
  eboostHistory({
    boxes,
    seed: 1,
    fromMs: TO_MS - 14 * 86_400_000,
    toMs: TO_MS,
    timeZone: 'Asia/Ho_Chi_Minh',
  });

describe('withNewestBox', () => {
  it('leaves the last box listed, without anything that happened there', () => {
    const whole = history(3);
    const newest = withNewestBox(whole, TO_MS);
    expect(newest.boxes.map(({ uniqueId }) => uniqueId)).to.deep.equal(['Ebox_10', 'Ebox_11', 'Ebox_12']);
    expect(newest.boxes.at(-1)).to.include({ createdAtMs: TO_MS });
    expect(newest.transactions).to.deep.equal(
      whole.transactions.filter(({ boxUniqueId }) => boxUniqueId !== 'Ebox_12'),
    );
    expect(newest.transactions.length).to.be.lessThan(whole.transactions.length);
    expect([...newest.points()]).to.deep.equal(
      [...whole.points()].filter(({ tags }) => !('box' in tags && tags.box === 12)),
    );
    expect(newest.energyAtEndJ(12, 4)).to.equal(0);
    expect(newest.energyAtEndJ(11, 4)).to.equal(whole.energyAtEndJ(11, 4)).and.to.be.greaterThan(0);
  });

  it('leaves the only box its history', () => {
    const whole = history(1);
    expect(withNewestBox(whole, TO_MS)).to.equal(whole);
  });
});
