import { parseArgs } from 'node:util';
import { runMocha } from './run-mocha.ts';

/** `npm run test:properties -- --runs 2000`: the tests of properties alone, with so many runs each. */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } });
if (!/^[1-9]\d{0,7}$/.test(values.runs)) {
  process.stderr.write(`--runs ${values.runs}: it must be a whole number of at least 1\n`);
  process.exit(2);
}
process.exit(runMocha(['--config', 'test/properties.mocharc.json'], { EVIDA_PROPERTY_RUNS: values.runs }));
