import { createVerb, durationMs, positiveInteger } from './verb.ts';

export const demoCommand = createVerb('demo', {
  summary: 'run everything on embedded servers, with a simulated fleet',
  description: `Runs Evida with real InfluxDB, Postgres, MQTT and blob servers of its own and a simulated fleet, until Ctrl-C.

It listens on 127.0.0.1 only, on free ports that it shows. The data stays in --data, and the next start goes on with
it. It needs the development packages (npm ci). InfluxDB is looked for in INFLUXD_PATH, on the PATH and in the cache
(EVIDA_CACHE_DIR), else downloaded (EVIDA_INFLUXDB_DOWNLOAD_URL) or built from source.`,
  examples: [
    ['evida demo --boxes 50 --seed 7', 'a larger fleet, another history'],
    ['evida demo --fresh --for 60s --json', 'a minute, and what the servers hold then as JSON'],
  ],
  exitCodes: [
    [69, 'a server could not be installed or started'],
    [75, 'another demo uses the directory'],
  ],
})
  .option('--boxes <number>', 'how many boxes are simulated', positiveInteger, 20)
  .option('--for <duration>', 'stop after so long, such as 60s or 10m', durationMs)
  .option('--fresh', 'forget what an earlier demo left in the directory', false)
  .option('--data <directory>', 'where the servers keep their data', '.evida/demo')
  .option('--seed <number>', 'what the simulated fleet and its history follow from', positiveInteger, 1)
  .option('--json', 'print one JSON object at the end, and nothing else, on standard output', false)
  .action(async (options) => {
    const { runDemo } = await import('../embedded/demo/demo.ts');
    stopWhenUnread();
    await runDemo(options);
  });

/** A demo whose output nobody reads any more, as after `| head`, stops in order, as by Ctrl-C. */
function stopWhenUnread(): void {
  let isStopping = false;
  const stops = (): void => {
    isStopping = true;
  };
  process.on('SIGINT', stops).on('SIGTERM', stops);
  // A second signal would end the process at once.
  process.stdout.on('error', () => {
    if (!isStopping) process.emit('SIGTERM');
  });
}
