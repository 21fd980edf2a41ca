import { InvalidArgumentError } from 'commander';
import { createLog } from '../log.ts';
import { type KnownCustomer, openAnalysis } from '../services/open-analysis.ts';
import { configOf, createConfiguredVerb, createVerb, type EnvironmentOptions } from './verb.ts';

interface ForgetOptions extends EnvironmentOptions {
  readonly yes: boolean;
  readonly json: boolean;
}

const forgetCommand = createConfiguredVerb('forget', {
  summary: 'erase a customer for good',
  description: `Erases what Evida knows of a customer: the name, the rows of CUSTOMER_MONTH and LOYAL_CUSTOMERS, and the number, the invoice
and the promotion code in each transaction. Without --yes it only says what it would erase.

The transactions stay, as those of customer 0, so that all sums of money and energy stay as they are. Only the number is kept,
in FORGOTTEN_CUSTOMER: what is read from Eboost again, or restored from a backup, is left out by it. How many customers there
were is counted again by the next analysis, which also writes the reports of closed months again. Backups that were made
before hold the customer until evida backup prune removes them. Doing it twice changes nothing more.`,
  examples: [
    ['evida customers forget 4711', 'say what would be erased'],
    ['evida customers forget 4711 --yes && evida analyze && evida backup run', 'erase it, also from reports'],
  ],
  exitCodes: [
    [1, 'Postgres refuses; nothing was changed'],
    [69, 'Postgres is away'],
  ],
})
  .argument('<id>', 'the number of the customer at Eboost', customerNumber)
  .option('--yes', 'do it', false)
  .option('--json', 'print the result as one JSON object', false)
  .action(forget);

export const customersCommand = createVerb('customers', {
  summary: 'what is kept of customers',
  description: 'Sees to what Evida keeps of customers, as Eboost knows them.',
  examples: [['evida customers forget 4711', 'say what would be erased of a customer']],
}).addCommand(forgetCommand);

async function forget(customer: string, { yes, json, ...options }: ForgetOptions): Promise<void> {
  const config = configOf(options);
  const analysis = openAnalysis(config, createLog(config));
  try {
    await analysis.prepare();
    const known = await (yes ? analysis.forget(customer) : analysis.customer(customer));
    process.stdout.write(`${json ? JSON.stringify({ ...known, isDryRun: !yes }) : inWords(known, yes)}\n`);
  } finally {
    await analysis.close();
  }
}

function inWords(
  { customer, name, transactions, months, forgottenAt }: KnownCustomer,
  isDone: boolean,
): string {
  const what = `customer ${customer}: ${name === null ? 'no name' : `the name ${name}`}, ${transactions} transactions, ${months} rows by month`;
  if (forgottenAt !== null) return `${what}; forgotten since ${forgottenAt}`;
  return isDone
    ? `${what}: forgotten
evida analyze counts customers again, evida backup run makes a backup without this one; older backups: evida backup prune`
    : `${what}; would be forgotten for good: --yes does it`;
}

function customerNumber(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the number of a customer at Eboost, such as 4711.');
}
