import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { projectFile } from '../src/project-file.ts';

const Target = z.object({ query: z.string().optional() });
const Dashboard = z.object({ panels: z.array(z.object({ targets: z.array(Target).default([]) })) });

describe('dashboards', () => {
  const dashboards = readdirSync(projectFile('grafana', 'dashboards')).map((name) =>
    Dashboard.parse(JSON.parse(readFileSync(projectFile('grafana', 'dashboards', name), 'utf8'))),
  );

  it('compute energy increases by the text of flux/functions, which Grafana cannot include, and not otherwise', () => {
    const file = readFileSync(projectFile('flux', 'functions', 'energy-increases.flux'), 'utf8');
    const definition = file.replace(/^\/\/.*\n/gm, '').trim();
    const queries = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));
    const computing = queries.filter(({ query }) => query?.match(/energyIncreases|difference\(/));
    expect(computing).not.to.deep.equal([]);
    for (const { query = '' } of computing) {
      expect(query).to.contain(`\n\n${definition}\n\n`);
      expect(query.replace(definition, '')).not.to.contain('difference(');
    }
  });
});
