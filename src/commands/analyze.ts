import { runJob } from './run-job.ts';
import { createConfiguredVerb } from './verb.ts';

export const analyzeCommand = createConfiguredVerb('analyze', {
  summary: 'run the analysis once, now',
  description: `Brings the analytic tables up to what Eboost has billed and the boxes have metered.

It does what runs hourly by ANALYSIS_SCHEDULE. A run that is under way elsewhere is waited for; running it again
changes nothing.`,
  examples: [['evida analyze --json', 'the result as one JSON object']],
  exitCodes: [
    [1, 'the analysis failed; the tables are as they were'],
    [69, 'a server is away; it is not waited for'],
  ],
})
  .option('--json', 'print the result as one JSON object', false)
  .action((options) => runJob('analysis', options));
