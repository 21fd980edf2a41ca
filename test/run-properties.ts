import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { projectFile } from '../src/project-file.ts';

/** `npm run test:properties -- --runs 2000`: the tests of properties alone, with so many runs each. */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '2000' } } });
if (!/^[1-9]\d{0,7}$/.test(values.runs)) {
  process.stderr.write(`--runs ${values.runs}: it must be a whole number of at least 1\n`);
  process.exit(2);
}
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const args = [mocha, '--config', 'test/properties.mocharc.json'];
const environment = { ...process.env, EVIDA_PROPERTY_RUNS: values.runs };
const { status } = spawnSync(process.execPath, args, {
  cwd: projectFile(),
  stdio: 'inherit',
  env: environment,
});
process.exit(status ?? 1);
