import { loadThresholds } from '../config.ts';
import { DOCUMENTATION, THRESHOLDS } from '../variables.ts';
import { createConfiguredVerb, type EnvironmentOptions, environmentOf } from './verb.ts';

interface Threshold {
  readonly name: string;
  /** With its unit. */
  readonly value: string;
  readonly source: 'environment' | 'file' | 'default';
  readonly meaning: string;
}

export const thresholdsCommand = createConfiguredVerb('thresholds', {
  summary: 'show the thresholds in force',
  description: `Shows the thresholds by which photographs and consumption are recorded: their values, where each comes from, and
what it means. They are changed in the environment, and hold from the next start on.`,
  examples: [
    ['evida thresholds', 'those of this environment'],
    ['PHOTOGRAPH_CURRENT_DEADBAND_A=2 evida thresholds --json', 'as JSON, with one changed'],
  ],
})
  .option('--json', 'print one JSON array', false)
  .action(showThresholds);

function showThresholds(options: EnvironmentOptions & { readonly json: boolean }): void {
  const environment = environmentOf(options);
  loadThresholds(environment);
  const thresholds = Object.entries(THRESHOLDS).map(([name, type]): Threshold => {
    const given = environment[name] || undefined;
    const { meaning = '', unit = 'duration' } = DOCUMENTATION.get(type) ?? {};
    const value = given ?? type.def.defaultValue;
    const source = given === undefined ? 'default' : process.env[name] ? 'environment' : 'file';
    return { name, value: unit === 'duration' ? value : `${value} ${unit}`, source, meaning };
  });
  process.stdout.write(options.json ? `${JSON.stringify(thresholds)}\n` : `${table(thresholds)}\n`);
}

function table(thresholds: readonly Threshold[]): string {
  const width = (column: 'name' | 'value' | 'source') =>
    Math.max(...thresholds.map((row) => row[column].length)) + 2;
  return thresholds
    .map(({ name, value, source, meaning }) =>
      [
        name.padEnd(width('name')),
        value.padEnd(width('value')),
        source.padEnd(width('source')),
        meaning,
      ].join(''),
    )
    .join('\n');
}
