import { loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { runAnalysis } from '../../src/services/analysis/run-analysis.ts';
import type { Step } from '../../src/services/analysis/run-due.ts';
import { analysisSources, openAnalysis } from '../../src/services/open-analysis.ts';
import { NOW_MS } from './sizes.ts';

/** One run of the analysis in a process of its own, so that its memory is only its own. Prints what it did as JSON. */
const config = loadConfig(process.env, String);
const analysis = openAnalysis(config, createLog(config));
const steps: Step[] = [];
const plans = new Map<string, { ms: number; plan: string }>();
analysis.database.on('connect', (connection) =>
  connection.on('notice', ({ message }) => {
    const [, duration = '', plan = ''] =
      /^duration: ([\d.]+) ms\s+plan:\s*([\s\S]*)$/.exec(message ?? '') ?? [];
    const name = plan.split('\n').find((line) => /INSERT INTO|UPDATE|SELECT/.test(line)) ?? '';
    const ms = Number(duration);
    if (plan !== '' && ms > (plans.get(name)?.ms ?? 0)) plans.set(name, { ms, plan });
  }),
);
try {
  await analysis.prepare();
  const startedAt = performance.now();
  const options = JSON.parse(process.argv[2] ?? '{}');
  const { reports: _, ...sources } = analysisSources(
    config,
    analysis,
    () => NOW_MS,
    new AbortController().signal,
  );
  await runAnalysis(sources, { ...options, onStep: (step) => steps.push(step) });
  const durationMs = performance.now() - startedAt;
  const maxRssMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ durationMs, maxRssMb, steps, plans: [...plans.values()] }));
} finally {
  await analysis.close();
}
