import { expect } from 'chai';
import { readDashboards } from '../src/grafana/dashboard.ts';
import { openDataSources } from '../src/grafana/data-sources.ts';
import { resolveVariables } from '../src/grafana/resolve-variables.ts';
import { DEFAULT_POINTS, runPanel } from '../src/grafana/run-panel.ts';
import { parseTimeRange } from '../src/grafana/time-range.ts';
import { createLog } from '../src/log.ts';
import { useWorld } from './fixture/world.ts';

describe('every panel before there is any box, as after a set-up', function () {
  this.timeout(60_000);
  const world = useWorld();

  for (const dashboard of readDashboards()) {
    it(`of ${dashboard.title} can be asked`, async () => {
      const context = { range: parseTimeRange(dashboard.time, Date.now()), maxDataPoints: DEFAULT_POINTS };
      const buckets = Object.entries(world().buckets).map(
        ([name, bucket]) => [`${name}_bucket`, [bucket]] as const,
      );
      const known = buckets.filter(([name]) =>
        dashboard.templating.list.some((variable) => variable.name === name),
      );
      const config = world().config();
      const sources = openDataSources(config, createLog(config));
      try {
        const { values } = await resolveVariables(dashboard, new Map(known), context, sources);
        for (const panel of dashboard.panels) {
          const frames = await runPanel(panel, { ...context, variables: values }, sources);
          expect(frames, panel.title).to.be.an('array');
        }
      } finally {
        await sources.close();
      }
    });
  }
});
