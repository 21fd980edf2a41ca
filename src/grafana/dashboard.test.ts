import { expect } from 'chai';
import { parseDashboard, readDashboards } from './dashboard.ts';

const TARGET = {
  refId: 'A',
  datasource: { type: 'influxdb', uid: 'evida-influxdb' },
  query: 'from(bucket: "history")',
};
const PANEL = { id: 1, type: 'table', gridPos: { x: 0, y: 0, w: 24, h: 8 }, targets: [TARGET] };
const parsed = (changes: Record<string, unknown>) =>
  parseDashboard(
    JSON.stringify({
      uid: 'u',
      title: 'T',
      schemaVersion: 42,
      time: { from: 'now-1d', to: 'now' },
      panels: [PANEL],
      ...changes,
    }),
    'grafana/dashboards/t.json',
  );

describe('parseDashboard', () => {
  it('takes queries by their data source, and panels out of closed rows', () => {
    const sql = {
      refId: 'B',
      datasource: { type: 'grafana-postgresql-datasource', uid: 'p' },
      rawSql: 'SELECT 1',
      format: 'table',
    };
    const row = { ...PANEL, id: 2, type: 'row', targets: [], panels: [{ ...PANEL, id: 3, targets: [sql] }] };
    const { panels } = parsed({ panels: [PANEL, row] });
    expect(
      panels.map(({ id, targets }) => [id, ...targets.map(({ language, text }) => [language, text])]),
    ).to.deep.equal([[1, ['flux', 'from(bucket: "history")']], [2], [3, ['sql', 'SELECT 1']]]);
  });

  it('says where something is that it does not follow', () => {
    for (const [changes, words] of [
      [{ panels: [{ ...PANEL, repeat: 'box' }] }, /does not follow this setting[\s\S]*panels\[0\]\.repeat/],
      [{ panels: [{ ...PANEL, targets: [{ ...TARGET, hide: true }] }] }, /a hidden query is never asked/],
      [
        { panels: [{ ...PANEL, targets: [{ refId: 'A', datasource: { type: 'loki', uid: 'l' } }] }] },
        /not loki/,
      ],
      [{ templating: { list: [{ name: 'x', type: 'textbox' }] } }, /type must be constant or query/],
      [{ time: {} }, /time\.from/],
    ] as const) {
      expect(() => parsed(changes))
        .to.throw(words)
        .with.property('code', 'DASHBOARD_INVALID');
    }
    expect(() => parseDashboard('{', 'grafana/dashboards/t.json')).to.throw(
      /^reading grafana\/dashboards\/t\.json: /,
    );
  });
});

describe('readDashboards', () => {
  it('reads those that ship with Evida, by title', () => {
    const titles = readDashboards().map(({ title }) => title);
    expect(titles)
      .to.deep.equal([...titles].sort())
      .and.not.to.deep.equal([]);
  });
});
