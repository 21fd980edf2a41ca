import { styleText } from 'node:util';
import { diagnose } from '../doctor/diagnose.ts';
import type { Finding } from '../doctor/finding.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions } from './verb.ts';

const LABELS = { ok: ['ok', 'green'], warning: ['warning', 'yellow'], fault: ['FAULT', 'red'] } as const;

export const doctorCommand = createConfiguredVerb('doctor', {
  summary: 'examine everything that Evida depends on',
  description: `Examines every server that Evida depends on: whether it can be reached, its version and clock, what Evida may do
there, and whether it keeps what it must. Says what is wrong and how to mend it. It changes nothing.`,
  examples: [
    ['evida doctor', 'what is well and what is not'],
    ['evida doctor --json', 'the same for a script'],
  ],
  exitCodes: [[1, 'there is a fault']],
})
  .option('--json', 'print one JSON object', false)
  .action(doctor);

async function doctor(options: EnvironmentOptions & { readonly json: boolean }): Promise<void> {
  const findings = await diagnose(configOf(options), Date.now);
  const isWell = findings.every(({ state }) => state !== 'fault');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: isWell, findings })}\n`);
  else for (const finding of findings) process.stdout.write(inWords(finding));
  // A server that fell silent in the middle may hold its connection, and with it this process.
  process.exit(isWell ? 0 : 1);
}

function inWords({ part, state, what, hint }: Finding): string {
  const [label, color] = LABELS[state];
  const colored =
    process.stdout.isTTY && !process.env.NO_COLOR ? styleText(color, label.padEnd(8)) : label.padEnd(8);
  const mend = hint === undefined ? '' : `${' '.repeat(8)}${hint}\n`;
  return `${colored}${part}: ${what}\n${mend}`;
}
