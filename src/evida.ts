#!/usr/bin/env node
import { type Command, CommanderError } from 'commander';
import { analyzeCommand } from './commands/analyze.ts';
import { backupCommand } from './commands/backup.ts';
import { boxesCommand } from './commands/boxes.ts';
import { completionCommand } from './commands/completion.ts';
import { customersCommand } from './commands/customers.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { jobsCommand } from './commands/jobs.ts';
import { panelCommand } from './commands/panel.ts';
import { replayCommand } from './commands/replay.ts';
import { reportCommand } from './commands/report.ts';
import { reportError } from './commands/report-error.ts';
import { runCommand } from './commands/run.ts';
import { setupCommand } from './commands/setup.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { thresholdsCommand } from './commands/thresholds.ts';
import { createVerb } from './commands/verb.ts';
import { VERSION } from './project-file.ts';

const program = createVerb('evida', {
  summary: 'records what EV-charging boxes say',
  description: `Records what EV-charging boxes say over MQTT: photographs and consumption into InfluxDB, analytic tables into Postgres,
backups into blob storage.`,
  examples: [
    ['evida demo', 'see it run, with nothing but this machine'],
    ['evida setup && evida doctor && evida run', 'run it on your servers'],
  ],
  exitCodes: [
    [1, 'failed'],
    [69, 'a server is away'],
    [75, 'another process uses the directory'],
    [78, 'the environment is incomplete or wrong'],
  ],
}).version(VERSION, '--version', 'print the version');

for (const command of [
  runCommand,
  setupCommand,
  doctorCommand,
  statusCommand,
  boxesCommand,
  deadLettersCommand,
  thresholdsCommand,
  replayCommand,
  analyzeCommand,
  jobsCommand,
  reportCommand,
  panelCommand,
  backupCommand,
  customersCommand,
  demoCommand,
  simulateCommand,
  completionCommand,
]) {
  program.addCommand(command);
}
forEachCommand(program, (command) => command.exitOverride().showHelpAfterError('(--help tells more)'));

// Whoever reads may have seen enough, as `| head` has: what is under way goes on to its end, unheard.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  // What failed may have left something open that would keep the process alive.
  else process.exit(reportError(error));
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
