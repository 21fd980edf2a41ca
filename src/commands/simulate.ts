import { Option } from 'commander';
import { createVerb, durationMs, positiveInteger } from './verb.ts';

export const simulateCommand = createVerb('simulate', {
  summary: 'publish what a fleet would say to an MQTT broker',
  description: `Publishes what simulated boxes say, in their exact wire format and at their own time, until Ctrl-C.

The same seed gives the same messages. User and password stand in MQTT_USERNAME and MQTT_PASSWORD: a URL on the
command line is seen by every user of the machine, so there they are refused. MQTT_TOPIC_PREFIX stands before each topic.`,
  examples: [
    ['evida simulate --mqtt mqtt://localhost:1883 --boxes 100 --for 10m', 'boxes 10 to 109, for ten minutes'],
    [
      'evida simulate --mqtt mqtt://localhost:1883 --pace demo --record facts.jsonl',
      'in fast motion, with a record of what happened physically',
    ],
  ],
  exitCodes: [[69, 'the broker cannot be reached or refuses']],
})
  .requiredOption('--mqtt <url>', 'the broker')
  .option('--boxes <number>', 'how many boxes; their numbers start at 10', positiveInteger, 20)
  .option('--seed <number>', 'what everything follows from', positiveInteger, 1)
  .option('--for <duration>', 'stop after so long, such as 60s or 10m', durationMs)
  .option('--record <file>', 'write what happened physically, a JSON object a line')
  .option('--time-zone <name>', 'people arrive by the hours of this zone', 'Asia/Ho_Chi_Minh')
  .addOption(
    new Option(
      '--pace <name>',
      'how fast things happen: as on the street, or a day in a minute as in the demo',
    )
      .choices(['street', 'demo'])
      .default('street'),
  )
  .option('--json', 'print the result as one JSON object', false)
  .action(async (options) => (await import('../embedded/fleet/simulate-command.ts')).simulate(options));
