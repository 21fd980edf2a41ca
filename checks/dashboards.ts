import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportError } from '../src/commands/report-error.ts';
import { configOf } from '../src/commands/verb.ts';
import type { Config } from '../src/config.ts';
import { runDemoThen } from '../src/embedded/demo/demo.ts';
import { stopSignal } from '../src/stop-signal.ts';
import { checkDashboards, type DashboardReport } from './dashboards/check-dashboards.ts';
import { reportInWords } from './dashboards/report-in-words.ts';

/** Evida says once a minute how it is, and panels of how fast its counters grow need two of its words. */
const DEMO_FOR_MS = 140_000;
const STOPPED_EXIT_CODE = 130;

/**
 * `npm run check:dashboards`: checks the dashboards and alert rules by rules, and runs all that they ask on real servers:
 * those of a demo that is run for it, or, with `--env FILE`, those of an environment, such as that of a demo which runs
 * already. `--json` prints the report as one JSON object.
 */
const { values: options } = parseArgs({
  options: { env: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const signal = stopSignal();

try {
  const report = await (options.env === undefined
    ? onDemo((config) => checkDashboards(config, signal))
    : checkDashboards(configOf({ env: options.env }), signal));
  if (report === undefined) process.exitCode = STOPPED_EXIT_CODE;
  else {
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportInWords(report));
    process.exitCode = report.findings.length === 0 ? 0 : 1;
  }
} catch (error) {
  process.exitCode = error === signal.reason ? STOPPED_EXIT_CODE : reportError(error);
}

/** On the servers of a demo that has run a while, made in a directory of its own, which is removed. */
async function onDemo(
  check: (config: Config) => Promise<DashboardReport>,
): Promise<DashboardReport | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'evida-dashboards-'));
  // Postgres of root's runs as another user, which must be able to pass through.
  await chmod(directory, 0o711);
  let report: DashboardReport | undefined;
  try {
    await runDemoThen(
      { boxes: 20, seed: 1, fresh: true, for: DEMO_FOR_MS, data: join(directory, 'demo'), json: false },
      (line) => void process.stderr.write(`${line}\n`),
      signal,
      async (config) => {
        report = await check(config);
      },
    );
    return report;
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
