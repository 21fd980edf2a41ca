import { expect } from 'chai';
import { stringify } from 'yaml';
import { alertFindings, parseAlertRules, queriesOf } from './alert-rules.ts';

const RULE = {
  uid: 'job-late',
  title: 'Job late',
  condition: 'B',
  for: '5m',
  noDataState: 'OK',
  execErrState: 'Alerting',
  labels: { severity: 'ticket' },
  annotations: {
    summary: 'A job is late',
    description: 'It is.',
    runbook_url: '${HANDBOOK_URL}/docs/handbook/alerts.md#job-late',
  },
  data: [
    {
      refId: 'A',
      datasourceUid: 'evida-postgres',
      relativeTimeRange: { from: 3600, to: 0 },
      model: { rawSql: "SELECT '$$' AS job, runs_missed FROM job_state" },
    },
    { refId: 'B', datasourceUid: '__expr__', model: { type: 'threshold', expression: 'A' } },
  ],
};

const rules = (...given: Record<string, unknown>[]) =>
  parseAlertRules(
    stringify({ groups: [{ name: 'Jobs', folder: 'Evida', interval: '1m', rules: given }] }),
    'rules.yaml',
  );
const found = (changes: Record<string, unknown>, handbook?: string) =>
  alertFindings(rules({ ...RULE, ...changes }), handbook)
    .map(({ place, rule, problem }) => `${place} (${rule}): ${problem}`)
    .join('\n');
const asking = (model: Record<string, unknown>, datasourceUid = 'evida-postgres') => ({
  data: [{ refId: 'A', datasourceUid, model }, RULE.data[1]],
});

describe('alertFindings', () => {
  it('finds nothing wrong with a rule that is right', () => {
    expect(found({}, '# Alerts\n\n## job-late\n')).to.equal('');
  });

  it('a rule says how urgent it is, what happened and what to do', () => {
    expect(found({ title: '' })).to.contain('it has no title');
    expect(found({ labels: {} })).to.contain('its severity is neither page nor ticket');
    expect(found({ annotations: {} }))
      .to.contain('it has no summary')
      .and.to.contain('it has no description');
    expect(found({ annotations: { ...RULE.annotations, runbook_url: 'https://example.com' } })).to.contain(
      'does not lead to alerts.md#job-late',
    );
    expect(found({}, '# Alerts\n')).to.contain('the handbook has no heading job-late');
  });

  it('a rule asks a data source that is provisioned, without variables of dashboards', () => {
    expect(found({ data: [RULE.data[1]], condition: 'B' })).to.contain('it asks nothing');
    expect(found(asking({ rawSql: 'SELECT 1' }, 'mine'))).to.contain('there is no data source mine');
    expect(found(asking({}))).to.contain('A has neither query nor rawSql');
    expect(found(asking({ rawSql: 'SELECT $${box:sqlstring}' }))).to.contain('A takes a variable box');
    expect(found(asking({ rawSql: 'SELECT $$__timeFilter(t)' }))).to.equal('');
  });

  it('its parts refer to each other', () => {
    expect(found({ condition: 'C' })).to.contain('it refers to C, which is not there');
    expect(found({ data: [RULE.data[0], { ...RULE.data[1], refId: 'A' }], condition: 'A' })).to.contain(
      'several parts have the refId A',
    );
  });

  it('an error of its question never counts as good', () => {
    expect(found({ execErrState: 'OK' })).to.contain('would count as good');
    expect(found({ noDataState: 'Fine' })).to.contain('noDataState Fine is none');
  });

  it('uids and titles are unique', () => {
    expect(alertFindings(rules(RULE, RULE), undefined).map(({ problem }) => problem)).to.include.members([
      'several are called job-late',
      'several are called Job late',
    ]);
  });
});

describe('queriesOf', () => {
  it('gives what a rule asks, with single dollar signs, and the time that it is about', () => {
    const [rule] = rules(RULE);
    expect(rule && queriesOf(rule)).to.deep.equal([
      {
        query: {
          refId: 'A',
          datasource: { type: 'grafana-postgresql-datasource', uid: 'evida-postgres' },
          language: 'sql',
          text: "SELECT '$' AS job, runs_missed FROM job_state",
        },
        relativeTimeRange: { from: 3600, to: 0 },
      },
    ]);
  });

  it('refuses a file that Grafana could not read', () => {
    expect(() => rules({ uid: 'x' })).to.throw(/reading the alert rules of rules\.yaml/);
  });
});
