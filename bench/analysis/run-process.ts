import { loadConfig } from '../../src/config.ts';
import { keepHeapSmall } from '../../src/heap.ts';
import { createLog } from '../../src/log.ts';
import { runAnalysis } from '../../src/services/analysis/run-analysis.ts';
import type { Step } from '../../src/services/analysis/run-due.ts';
import { analysisSources, openAnalysis } from '../../src/services/open-analysis.ts';

/** One run of the analysis in a process of its own, so that its memory is only its own; `nowMs` is its clock. Prints what it did as JSON. */
keepHeapSmall();
const config = loadConfig(process.env, String);
const analysis = openAnalysis(config, createLog(config));
const steps: Step[] = [];
const plans = new Map<string, { ms: number; plan: string }>();
analysis.database.on('connect', (connection) =>
  connection.on('notice', ({ message }) => {
    const [, duration = '', plan = ''] =
      /^duration: ([\d.]+) ms\s+plan:\s*([\s\S]*)$/.exec(message ?? '') ?? [];
    const [statement = ''] = plan.split('\nQuery Parameters:');
    const ms = Number(duration);
    if (plan !== '' && ms > (plans.get(statement)?.ms ?? 0)) plans.set(statement, { ms, plan });
  }),
);
try {
  await analysis.prepare();
  const startedAt = performance.now();
  const { nowMs, ...options } = JSON.parse(process.argv[2] ?? '{}');
  const { reports: _, ...sources } = analysisSources(
    config,
    analysis,
    () => nowMs,
    new AbortController().signal,
  );
  await runAnalysis(sources, { ...options, onStep: (step) => steps.push(step) });
  const durationMs = performance.now() - startedAt;
  const maxRssMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ durationMs, maxRssMb, steps, plans: [...plans.values()] }));
} finally {
  await analysis.close();
}
