import { expect } from 'chai';
import { z } from 'zod';
import { grafanaFiles } from './files.ts';
import { DEFAULTS, settingsOf } from './settings.ts';

const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(
    z.object({
      id: z.number(),
      type: z.string(),
      title: z.string(),
      description: z.string().optional(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ refId: z.string() })).default([]),
      fieldConfig: z.object({ defaults: z.object({ unit: z.string(), noValue: z.string() }) }).optional(),
    }),
  ),
});

const dashboards = grafanaFiles(DEFAULTS)
  .filter(({ path }) => path.startsWith('grafana/dashboards/'))
  .map(({ path, content }) => ({ path, ...Dashboard.parse(JSON.parse(content)) }));

const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;

describe('grafanaFiles', () => {
  it('writes the same text whenever it is asked', () => {
    expect(grafanaFiles(DEFAULTS)).to.deep.equal(grafanaFiles(settingsOf({})));
  });

  it('writes what the environment says: buckets and deadbands', () => {
    const text = grafanaFiles(
      settingsOf({ INFLUX_HISTORY_BUCKET: 'site-1', PHOTOGRAPH_CURRENT_DEADBAND_A: '2.5' }),
    )
      .map(({ content }) => content)
      .join();
    expect(text).to.contain('"query": "site-1"').and.to.contain('field: \\"current_a\\", deadband: 2.5');
  });

  it('gives each dashboard a uid of its own, and a file named as it is', () => {
    expect(isUnique(dashboards.map(({ uid }) => uid))).to.equal(true);
    for (const { path, title, uid } of dashboards) {
      expect(path).to.equal(`grafana/dashboards/${title.toLowerCase().replaceAll(' ', '-')}.json`);
      expect(uid).to.match(/^evida-[a-z]+$/);
    }
  });

  it('names no two panels alike, so that `evida panel` finds the one that is meant', () => {
    const titles = dashboards.flatMap(({ panels }) =>
      panels.filter(({ type }) => type !== 'row').map(({ title }) => title),
    );
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).to.deep.equal([]);
  });

  for (const { title, panels } of dashboards) {
    it(`${title}: panels have ids and places of their own, and their targets refIds`, () => {
      expect(isUnique(panels.map(({ id }) => id))).to.equal(true);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
      );
      expect(isUnique(cells)).to.equal(true);
      for (const { targets } of panels) expect(isUnique(targets.map(({ refId }) => refId))).to.equal(true);
    });

    it(`${title}: panels say what they show, in which unit, and what it means that they show nothing`, () => {
      for (const panel of panels.filter(({ type }) => type !== 'row')) {
        expect(panel.description, panel.title).to.match(/\.$/);
        expect(panel.fieldConfig?.defaults.noValue, panel.title).to.be.a('string').and.not.equal('');
      }
    });
  }
});
