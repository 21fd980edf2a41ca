import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { withFunctions } from './flux-functions.ts';

const FUNCTIONS = new Map([
  ['half', '// Half of it.\nimport "math"\nimport "date"\n\nhalf = (x) => x / 2.0\n'],
  ['round-half', 'import "math"\n\nroundHalf = (x) => math.round(x: half(x: x))\n'],
  ['misnamed', 'other = (x) => x\n'],
  ['reading-params', 'readingParams = () => params.x\n'],
]);
const QUERY =
  '// A query.\nimport "array"\nimport "date"\n\narray.from(rows: [{_value: roundHalf(x: 3.0)}])\n';

const problemOf = (declared: readonly string[], query = QUERY): string => {
  try {
    withFunctions('queries/q.flux', query, declared, FUNCTIONS);
  } catch (error) {
    if (error instanceof EvidaError && error.code === 'FLUX_FUNCTION') return error.message;
    throw error;
  }
  return 'none';
};

describe('withFunctions', () => {
  it('leaves a query that calls none as it is', () => {
    const query = '// A query.\nimport "array"\n\narray.from(rows: [])\n';
    const { imports, statements } = withFunctions('queries/q.flux', query, [], FUNCTIONS);
    expect(imports + statements).to.equal(query);
  });

  it('lays functions before its statements, in the order declared, and adds the imports that it lacks', () => {
    expect(withFunctions('queries/q.flux', QUERY, ['half', 'round-half'], FUNCTIONS)).to.deep.equal({
      imports: '// A query.\nimport "array"\nimport "date"\nimport "math"',
      statements:
        '\n// Half of it.\nhalf = (x) => x / 2.0\n' +
        '\nroundHalf = (x) => math.round(x: half(x: x))\n' +
        '\n\narray.from(rows: [{_value: roundHalf(x: 3.0)}])\n',
    });
  });

  it('refuses a function that is called, by the query or by a function, and not declared', () => {
    expect(problemOf(['half']))
      .to.contain('loading flux/queries/q.flux')
      .and.to.contain('differ: round-half');
    expect(problemOf(['round-half'])).to.contain('differ: half');
  });

  it('refuses a function that is declared and not called, so that a misspelt call is found', () => {
    expect(problemOf(['half', 'round-half'], QUERY.replace('roundHalf', 'roundedHalf'))).to.contain(
      'differ: round-half',
    );
  });

  it('refuses a function that is not there, does not define its name, or reads params', () => {
    expect(problemOf(['third'])).to.contain('there is no flux/functions/third.flux');
    expect(problemOf(['misnamed'])).to.contain('must define misnamed');
    expect(problemOf(['reading-params'])).to.contain('must define readingParams and read no params');
  });
});
