#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { reportError } from './commands/report-error.ts';
import { run } from './commands/run.ts';
import { runJob } from './commands/run-job.ts';
import { duration } from './config-types.ts';

const program = new Command('evida')
  .description('Records what EV-charging boxes say over MQTT: photographs, utilization, analyses, backups.')
  .showHelpAfterError('(evida --help tells more)')
  .exitOverride();

program
  .command('run')
  .description('run the services of ROLES on the servers that the environment names, until Ctrl-C')
  .action(run);

program
  .command('demo')
  .description('run everything on embedded servers, with a simulated fleet, until Ctrl-C')
  .option('--boxes <number>', 'how many boxes are simulated', positiveInteger, 20)
  .option('--for <duration>', 'stop after so long: 60s, 10m', parseDuration)
  .option('--fresh', 'forget what an earlier demo left in the directory', false)
  .option('--data <directory>', 'where the servers keep their data', '.evida/demo')
  .option('--seed <number>', 'what the simulated fleet and history follow from', positiveInteger, 1)
  .option('--json', 'print one JSON object at the end, and nothing else, on standard output', false)
  .action(async (options) => (await import('./embedded/demo/demo.ts')).runDemo(options));

program
  .command('simulate')
  .description('publish what a simulated fleet would say to an MQTT broker')
  .requiredOption('--mqtt <url>', 'the broker: mqtt://[user:password@]host:port')
  .option('--boxes <number>', 'how many boxes; their numbers start at 10', positiveInteger, 20)
  .option('--seed <number>', 'the same seed gives the same messages', positiveInteger, 1)
  .option('--for <duration>', 'stop after so long: 60s, 10m', parseDuration)
  .option('--record <file>', 'write what happened physically, a JSON object a line')
  .option('--time-zone <name>', 'people arrive by the hours of this zone', 'Asia/Ho_Chi_Minh')
  .option('--json', 'print the result as one JSON object', false)
  .action(async (options) => (await import('./embedded/fleet/simulate-command.ts')).simulate(options));

program
  .command('analyze')
  .description('run the analysis once, now')
  .option('--json', 'print the result as one JSON object', false)
  .action(async (options) => exitWith(await runJob('analysis', options)));

program
  .command('backup')
  .description('copies in blob storage')
  .command('run')
  .description('run one backup, now')
  .option('--json', 'print the result as one JSON object', false)
  .action(async (options) => exitWith(await runJob('backup', options)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  // What failed may have left something open that would keep the process alive.
  else process.exit(reportError(error));
}

function exitWith(code: number): void {
  process.exitCode = code;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return Number(text);
}

/** ms */
function parseDuration(text: string): number {
  const parsed = duration.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('It must be a number with its unit: ms, s, m, h or d.');
  return parsed.data;
}
