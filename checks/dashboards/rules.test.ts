import { expect } from 'chai';
import type { Dashboard } from '../../src/grafana/dashboard.ts';
import type { Finding } from './finding.ts';
import { layoutFindings } from './layout-rules.ts';
import { linkFindings } from './link-rules.ts';
import { panelFindings } from './panel-rules.ts';
import { BOX_VARIABLE, FLUX_TARGET, PANEL, SQL_TARGET, sampleDashboard, withPanel } from './sample.ts';
import { variableFindings } from './variable-rules.ts';

type Check = (dashboards: readonly Dashboard[]) => Finding[];
/** A dashboard that breaks a rule, and what is said about it. */
type Case = readonly [title: string, dashboards: Dashboard | readonly Dashboard[], words: string];

const inWords = ({ place, rule, problem }: Finding) => `${place} (${rule}): ${problem}`;

function itFinds(check: Check, cases: readonly Case[]): void {
  it('finds nothing wrong with a dashboard that is right', () => {
    expect(check([sampleDashboard()]).map(inWords)).to.deep.equal([]);
  });
  for (const [title, given, words] of cases) {
    it(title, () => {
      const dashboards = 'uid' in given ? [given] : given;
      const found = check(dashboards).map(inWords);
      expect(
        found.some((line) => line.includes(words)),
        found.join('\n'),
      ).to.equal(true);
    });
  }
}

const targets = (...changed: unknown[]) => withPanel({ targets: changed });
const beside = (gridPos: unknown) =>
  sampleDashboard({ panels: [PANEL, { ...PANEL, id: 2, title: 'Other', gridPos }] });
const unit = (value: unknown) =>
  withPanel({ fieldConfig: { defaults: { unit: value, noValue: 'Nothing' } } });
const box = (changes: Record<string, unknown>) =>
  sampleDashboard({
    templating: {
      list: [
        { ...BOX_VARIABLE, ...changes },
        { type: 'constant', name: 'history_bucket', description: 'It', hide: 2, query: 'h' },
      ],
    },
  });
const link = (url: string, title = 'A box') => withPanel({ links: [{ title, url }] });

describe('layoutFindings', () =>
  itFinds(layoutFindings, [
    ['a dashboard needs a uid', sampleDashboard({ uid: '' }), 'it has no uid'],
    ['a dashboard needs a title', sampleDashboard({ title: '' }), 'it has no title'],
    ['a dashboard needs a description', sampleDashboard({ description: '' }), 'it has no description'],
    ['a variable needs a description', box({ description: '' }), 'the variable box has no description'],
    ['a variable that is seen needs a label', box({ label: '' }), 'the variable box has no label'],
    ['a dashboard is of schema version 42', sampleDashboard({ schemaVersion: 39 }), 'schemaVersion is 39'],
    ['a dashboard is not editable', sampleDashboard({ editable: true }), 'it can be edited'],
    ['a dashboard has the tag evida', sampleDashboard({ tags: [] }), 'it lacks the tag evida'],
    ['uids are unique', [sampleDashboard(), sampleDashboard()], 'several have the uid evida-sample'],
    ['ids of panels are unique', sampleDashboard({ panels: [PANEL, PANEL] }), 'several panels have the id 1'],
    [
      'titles of panels are unique',
      sampleDashboard({ panels: [PANEL, PANEL] }),
      'several panels are called Energy',
    ],
    [
      'names of variables are unique',
      sampleDashboard({ templating: { list: [BOX_VARIABLE, BOX_VARIABLE] } }),
      'several variables are called box',
    ],
    ['panels do not lie upon each other', beside({ x: 11, y: 7, w: 12, h: 8 }), 'Energy lies upon Other'],
    ['panels stay inside of the columns', beside({ x: 13, y: 0, w: 12, h: 8 }), 'Other reaches out'],
    [
      'annotations mark panels that are there',
      sampleDashboard({
        annotations: {
          list: [
            {
              name: 'Gaps',
              datasource: FLUX_TARGET.datasource,
              enable: true,
              target: FLUX_TARGET,
              filter: { ids: [7] },
            },
          ],
        },
      }),
      'Gaps marks a panel 7 that is not there',
    ],
  ]));

describe('panelFindings', () =>
  itFinds(panelFindings, [
    ['a panel needs a title', withPanel({ title: '' }), 'it has no title'],
    ['a panel needs a description', withPanel({ description: '' }), 'it has no description'],
    ['a panel says what is shown where nothing was found', withPanel({ fieldConfig: {} }), 'noValue'],
    ['a panel needs a unit', withPanel({ fieldConfig: {} }), 'it has no unit'],
    ['a unit is one of Grafana', unit('kWh'), 'Grafana has no unit "kWh"'],
    [
      'so is the unit of an override',
      withPanel({
        fieldConfig: {
          ...PANEL.fieldConfig,
          overrides: [
            { matcher: { id: 'byName', options: 'x' }, properties: [{ id: 'unit', value: 'dong' }] },
          ],
        },
      }),
      'Grafana has no unit "dong"',
    ],
    ['a panel asks something', targets(), 'it asks nothing'],
    [
      'refIds are unique',
      targets(FLUX_TARGET, { ...SQL_TARGET, refId: 'metered' }),
      'several queries have the refId metered',
    ],
    ['a mixed panel asks both servers', targets(FLUX_TARGET), 'asks one data source only'],
    [
      'a panel that is not mixed asks the one data source that it names',
      withPanel({ datasource: FLUX_TARGET.datasource }),
      'billed asks another data source',
    ],
    ['a panel names its data source', withPanel({ datasource: undefined }), 'it names no data source'],
    [
      'data sources are those that are provisioned',
      targets({ ...FLUX_TARGET, datasource: { type: 'influxdb', uid: 'mine' } }, SQL_TARGET),
      'there is no data source mine',
    ],
    [
      'those of variables, too',
      box({ datasource: { type: 'grafana-postgresql-datasource', uid: 'mine' } }),
      'variable box (data source): there is no data source mine',
    ],
  ]));

describe('variableFindings', () => {
  itFinds(variableFindings, [
    [
      'a variable in a query is defined',
      targets({ ...SQL_TARGET, rawSql: 'SELECT ${city:sqlstring}' }, FLUX_TARGET),
      'the variable city is defined nowhere',
    ],
    ['so is one in a title', withPanel({ title: 'Box $nr' }), 'the variable nr is defined nowhere'],
    ['so is one in a link', link('/d/evida-sample?var-box=${nr}'), 'the variable nr is defined nowhere'],
    [
      'so is one in the query of a variable',
      box({ query: 'SELECT ${city:sqlstring}' }),
      'city is defined nowhere',
    ],
    ['a variable is used', targets(SQL_TARGET), 'variable history_bucket (variables): nothing uses it'],
    ['values are asked for again', box({ refresh: 0 }), 'never asked for again'],
    [
      'with each change of the time range, where they depend on it',
      box({ refresh: 1, query: 'SELECT box FROM x WHERE $__timeFilter(day)' }),
      'is not asked again when that changes',
    ],
    [
      'Flux gets what is chosen only by a format that escapes',
      targets({ ...FLUX_TARGET, query: 'from(bucket: "${history_bucket}") == "${box}"' }, SQL_TARGET),
      '${box} does not escape for Flux',
    ],
    [
      'json of one value is no text in Flux',
      targets({ ...FLUX_TARGET, query: 'from(bucket: "${history_bucket}") == ${box:json}' }, SQL_TARGET),
      '${box:json}: Grafana writes one value without quotes',
    ],
    [
      'SQL gets what is chosen only by a format that escapes',
      targets({ ...SQL_TARGET, rawSql: 'SELECT ${box:csv}' }, FLUX_TARGET),
      '${box:csv} does not escape for SQL',
    ],
  ]);

  it('json of several values is a list in Flux', () => {
    const several = sampleDashboard({
      templating: { list: [{ ...BOX_VARIABLE, multi: true }] },
      panels: [{ ...PANEL, targets: [{ ...FLUX_TARGET, query: 'contains(set: ${box:json})' }] }],
    });
    expect(variableFindings([several])).to.deep.equal([]);
  });
});

describe('linkFindings', () => {
  itFinds(linkFindings, [
    ['a link leads to a dashboard', link('/d/evida-nowhere'), 'leads to no dashboard'],
    ['an address outside is one of https', link('http://example.com'), 'leads to no dashboard'],
    [
      'it sets variables that are there',
      link('/d/evida-sample?var-outlet=1'),
      'evida-sample does not know var-outlet=1',
    ],
    ['it shows a panel that is there', link('/d/evida-sample?viewPanel=9'), 'does not know viewPanel=9'],
    ['it has a title', link('/d/evida-sample', ''), 'a link has no title'],
    [
      'so have those of fields',
      withPanel({
        fieldConfig: {
          ...PANEL.fieldConfig,
          overrides: [
            {
              matcher: { id: 'byName', options: 'box' },
              properties: [
                { id: 'links', value: [{ title: 'Box', url: '/d/evida-lost?var-box=${__data.fields.box}' }] },
              ],
            },
          ],
        },
      }),
      '/d/evida-lost?var-box=${__data.fields.box} leads to no dashboard',
    ],
    [
      'a list of dashboards is not empty',
      sampleDashboard({ links: [{ title: 'All', type: 'dashboards', tags: ['nobody'] }] }),
      'no dashboard has the tags nobody',
    ],
  ]);

  it('takes variables, panels, the time range and addresses outside', () => {
    for (const url of [
      '/d/evida-sample?var-box=${__data.fields.box}&${__url_time_range}',
      '/d/evida-sample/sample?viewPanel=panel-1&from=now-1d&to=now',
      'https://example.com/handbook',
    ]) {
      expect(linkFindings([link(url)]), url).to.deep.equal([]);
    }
  });
});
