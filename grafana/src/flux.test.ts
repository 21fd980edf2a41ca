import { expect } from 'chai';
import { EvidaError } from '../../src/errors.ts';
import { fluxOfPanel } from './flux.ts';

describe('fluxOfPanel', () => {
  it('completes a file of flux/panels with its functions and params, and leaves out the words at its top', () => {
    const params = { field: 'current_a', deadband: 1 };
    const flux = fluxOfPanel('photographed-values', { functions: ['held-over'], params });
    expect(flux).to.match(
      /^import "date"\n\nparams = \{field: "current_a", deadband: 1\.0\}\n\nheldOver = \(/,
    );
    expect(flux).not.to.contain('//');
    expect(flux).to.contain('r._field == params.field');
  });

  it('refuses a file that calls a function that is not named', () => {
    expect(() => fluxOfPanel('photographed-values')).to.throw(EvidaError, 'held-over');
  });
});
