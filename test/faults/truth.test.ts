import { expect } from 'chai';
import { compareOutlet, compareRegister, type RecordedPhotograph, type Step } from './truth.ts';

const STEPS: readonly Step[] = [0, 1, 2, 3].map((status) => ({
  status,
  currentMa: status === 2 ? 5000 : status,
  powerFactor: 90 + status,
  energyJ: 36_000 * (1 + status),
  command: undefined,
}));
const OUTLET = { box: 10, outlet: 3, steps: STEPS };

/** The photograph that each step should have. */
const WHOLE: readonly RecordedPhotograph[] = STEPS.map(({ status, currentMa, powerFactor, energyJ }) => ({
  timeMs: 1000 * status,
  reason: status === 0 ? 'first' : 'status',
  status,
  currentA: currentMa / 1000,
  powerFactor,
  energyKwh: energyJ / 3.6e6,
  command: undefined,
}));

describe('the comparison with the truth', () => {
  it('finds nothing where each step has its photograph', () => {
    expect(compareOutlet(OUTLET, WHOLE)).to.deep.equal({ lost: 0, twice: 0, wrong: [] });
  });

  it('counts a step without photograph as lost, and one with two as twice', () => {
    expect(compareOutlet(OUTLET, WHOLE.toSpliced(1, 1))).to.include({ lost: 1, twice: 0 });
    const repeated = WHOLE.slice(1, 2);
    expect(compareOutlet(OUTLET, WHOLE.toSpliced(2, 0, ...repeated))).to.include({ lost: 0, twice: 1 });
  });

  it('takes the register of the step before, and values left out, for a photograph taken early', () => {
    const early = WHOLE.map((photograph, at) => ({
      ...photograph,
      currentA: undefined,
      powerFactor: undefined,
      energyKwh: WHOLE[at - 1]?.energyKwh,
    }));
    expect(compareOutlet(OUTLET, early)).to.deep.equal({ lost: 0, twice: 0, wrong: [] });
  });

  it('finds what is out of order, what never was, and values of another step', () => {
    const swapped = [0, 2, 1, 3].flatMap((at) => WHOLE.slice(at, at + 1));
    expect(compareOutlet(OUTLET, swapped).wrong).to.have.length(1);
    const changed = (change: Partial<RecordedPhotograph>) =>
      compareOutlet(OUTLET, WHOLE.with(2, { ...(WHOLE[2] ?? never()), ...change }));
    expect(changed({ energyKwh: 7 })).to.deep.include({ lost: 1 });
    expect(changed({ energyKwh: 7 }).wrong).to.have.length(1);
    expect(changed({ currentA: 0.003 }).wrong).to.have.length(1);
    expect(changed({ powerFactor: 93 }).wrong).to.have.length(1);
    expect(changed({ command: 4 }).wrong).to.have.length(1);
    expect(changed({ reason: 'draw' }).wrong).to.have.length(1);
  });

  it('does not miss a photograph that must have been refused, and minds one that was not', () => {
    const isExpected = (step: Step) => step.status !== 2;
    expect(compareOutlet(OUTLET, WHOLE.toSpliced(2, 1), isExpected)).to.deep.equal({
      lost: 0,
      twice: 0,
      wrong: [],
    });
    expect(compareOutlet(OUTLET, WHOLE, isExpected).wrong).to.have.length(1);
  });

  it('wants of a register what it showed, forward, and its last value', () => {
    const showed = [36_000, 72_000, 108_000];
    expect(compareRegister('10/3', showed, [0.01, 0.03])).to.deep.equal([]);
    expect(compareRegister('10/3', showed, [0.01, 0.02])).to.have.length(1);
    expect(compareRegister('10/3', showed, [0.02, 0.01, 0.03])).to.have.length(1);
    expect(compareRegister('10/3', showed, [0.015, 0.03])).to.have.length(1);
  });
});

function never(): never {
  throw new Error('there is no such photograph');
}
