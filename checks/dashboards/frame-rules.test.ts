import { expect } from 'chai';
import type { Field, FieldType, Frame, Value } from '../../src/grafana/frame.ts';
import { alertFrameProblems } from './alert-frames.ts';
import { isEmpty, shownProblems, transformationProblems } from './frame-rules.ts';
import { tablesWithoutIndex } from './index-use.ts';
import { PANEL, withPanel } from './sample.ts';

const field = (name: string, type: FieldType, ...values: Value[]): Field => ({ name, type, values });
const frame = (refId: string, ...fields: Field[]): Frame => ({ refId, fields });

const FLUX = frame('flux', field('box', 'string', '1', '2'), field('power', 'number', 10, 20));
const SQL = frame('sql', field('box', 'string', '2', '3'), field('name', 'string', 'B', 'C'));

describe('transformationProblems', () => {
  const problems = (id: string, options: Record<string, unknown>, ...frames: Frame[]) =>
    transformationProblems({ id, options }, frames).join('\n');
  const join = (mode: string, ...frames: Frame[]) =>
    problems('joinByField', { byField: 'box', mode }, ...frames);

  it('says nothing of frames that join by a field of the same name and type', () => {
    expect(join('outer', FLUX, SQL)).to.equal('');
    expect(join('inner', FLUX, SQL)).to.equal('');
  });

  it('both sides of a join have the field, by the same type', () => {
    expect(join('outer', FLUX, frame('sql', field('number', 'string', '1')))).to.contain(
      'sql has no field box',
    );
    expect(join('outer', FLUX, frame('sql', field('box', 'number', 1)))).to.contain(
      'box is a string in flux, a number in sql',
    );
  });

  it('both sides of a join have it by the same name', () => {
    const day = (name: string, refId: string) => frame(refId, field(name, 'time', 1));
    expect(problems('joinByField', { byField: 'time' }, day('time', 'sql'), day('_time', 'flux'))).to.contain(
      'time goes by the names time, _time',
    );
  });

  it('an outer join loses no row', () => {
    const twice = frame('sql', field('box', 'string', '2', '2'));
    expect(join('outer', FLUX, twice)).to.contain('several rows of sql have the box 2');
    expect(join('inner', FLUX, twice)).to.equal('');
  });

  it('some rows of both sides meet', () => {
    expect(join('outer', FLUX, frame('sql', field('box', 'string', 'Ebox_1')))).to.contain(
      'no row of sql meets one of flux',
    );
  });

  it('what a transformation names is there', () => {
    const byName = (options: string) => ({ matcher: { id: 'byName', options } });
    for (const [id, options] of [
      ['organize', { renameByName: { kwh: 'Energy' } }],
      ['organize', { excludeByName: { kwh: true } }],
      ['sortBy', { sort: [{ field: 'kwh' }] }],
      [
        'filterByValue',
        { type: 'include', match: 'all', filters: [{ fieldName: 'kwh', config: { id: 'isNull' } }] },
      ],
      [
        'calculateField',
        { mode: 'binary', alias: 'x', binary: { left: byName('kwh'), operator: '+', right: { fixed: '1' } } },
      ],
    ] as const) {
      expect(problems(id, options, FLUX), id).to.contain(`${id} names a field kwh; there are box, power`);
    }
    expect(problems('renameByRegex', { regex: '/kwh/', renamePattern: 'x' }, FLUX)).to.contain(
      'matches no field',
    );
  });

  it('what is computed from are numbers', () => {
    const options = {
      mode: 'binary',
      alias: 'x',
      binary: { left: { matcher: { id: 'byName', options: 'box' } }, operator: '+', right: { fixed: '1' } },
    };
    expect(problems('calculateField', options, FLUX)).to.contain('calculateField: box is a string');
  });

  it('what is sorted by has a value in each row', () => {
    const gappy = frame('A', field('kwh', 'number', 1, undefined));
    expect(problems('sortBy', { sort: [{ field: 'kwh' }] }, gappy)).to.contain('kwh is missing in some rows');
  });
});

describe('shownProblems', () => {
  const dashboard = withPanel({});
  const shown = (changes: Record<string, unknown>, ...frames: Frame[]) => {
    const [panel] = withPanel(changes).panels;
    return panel === undefined ? '' : shownProblems(dashboard, panel, frames).join('\n');
  };
  const overrides = (name: string, ...properties: unknown[]) => ({
    fieldConfig: {
      ...PANEL.fieldConfig,
      overrides: [{ matcher: { id: 'byName', options: name }, properties }],
    },
  });

  it('an override is for a field that is there', () => {
    expect(shown(overrides('power'), FLUX)).to.equal('');
    expect(shown(overrides('kwh'), FLUX)).to.contain('an override is for kwh; there are box, power');
  });

  it('a link takes a field that is there', () => {
    const link = (url: string) => ({ id: 'links', value: [{ title: 'Box', url }] });
    expect(shown(overrides('box', link('/d/x?var-box=${__data.fields.box}')), FLUX)).to.equal('');
    expect(shown(overrides('box', link('/d/x?var-box=${__data.fields.nr}')), FLUX)).to.contain(
      'a link takes a field nr',
    );
    expect(shown(overrides('box', link('/d/x?a=${__data.fields["nr x"]}')), FLUX)).to.contain(
      'a link takes a field nr x',
    );
  });

  it('a bar chart and a map name fields that are there', () => {
    expect(shown({ type: 'barchart', options: { xField: 'district' } }, FLUX)).to.contain('a field district');
    const layers = [{ location: { latitude: 'lat' }, config: { style: { color: { field: 'power' } } } }];
    expect(shown({ type: 'geomap', options: { layers } }, FLUX)).to.equal(
      'its options name a field lat; there are box, power',
    );
  });

  it('lines are drawn over a time that goes forward, and show numbers', () => {
    const series = (...fields: Field[]) => shown({ type: 'timeseries' }, frame('A', ...fields));
    expect(series(field('time', 'time', 1, 2), field('x', 'number', 1, 2))).to.equal('');
    expect(series(field('x', 'number', 1))).to.contain('a frame has no time');
    expect(series(field('time', 'time', 1))).to.contain('a frame has no number');
    expect(series(field('time', 'time', 2, 2), field('x', 'number', 1, 2))).to.contain(
      'its times do not go forward',
    );
  });

  it('states are shown over time', () => {
    expect(shown({ type: 'state-timeline' }, FLUX)).to.contain('a frame has no time');
  });
});

describe('isEmpty', () => {
  it('counts no rows, and rows without any value', () => {
    expect(isEmpty([])).to.equal(true);
    expect(isEmpty([frame('A', field('sum', 'number'))])).to.equal(true);
    expect(isEmpty([frame('A', field('sum', 'number', null))])).to.equal(true);
    expect(isEmpty([frame('A', field('sum', 'number', 0))])).to.equal(false);
  });
});

describe('alertFrameProblems', () => {
  const problems = (...frames: Frame[]) => alertFrameProblems(frames).join('\n');

  it('an alert takes one table of a number and labels, which differ from row to row', () => {
    expect(problems(FLUX)).to.equal('');
    expect(problems(FLUX, FLUX)).to.contain('it gives 2 tables');
    expect(problems(SQL)).to.contain('it gives 0 numbers a row');
    expect(problems(frame('A', field('a', 'number', 1), field('b', 'number', 1)))).to.contain(
      'it gives 2 numbers',
    );
    expect(problems(frame('A', field('a', 'number', 1), field('at', 'time', 1)))).to.contain('at is a time');
    expect(problems(frame('A', field('a', 'number', 1, 2), field('box', 'string', '1', '1')))).to.contain(
      'several rows have the labels 1',
    );
    expect(problems(frame('A', field('a', 'number', 1, 2)))).to.contain(
      'several rows have the labels (none)',
    );
  });
});

describe('tablesWithoutIndex', () => {
  const plan = (node: Record<string, unknown>) => [[{ Plan: { 'Node Type': 'Aggregate', Plans: [node] } }]];
  const scan = (type: string, table: string, more: Record<string, unknown> = {}) => ({
    'Node Type': type,
    'Relation Name': table,
    ...more,
  });

  it('finds a table that is read from end to end, unless it stays small', () => {
    expect(tablesWithoutIndex(plan(scan('Seq Scan', 'judged_transaction')))).to.deep.equal([
      'judged_transaction',
    ]);
    expect(tablesWithoutIndex(plan(scan('Seq Scan', 'eboost_box')))).to.deep.equal([]);
  });

  it('an index that is followed from end to end is no help, unless it is left after the first rows', () => {
    const walk = scan('Index Scan', 'judged_transaction');
    expect(tablesWithoutIndex(plan(walk))).to.deep.equal(['judged_transaction']);
    expect(tablesWithoutIndex(plan({ 'Node Type': 'Limit', Plans: [walk] }))).to.deep.equal([]);
    expect(tablesWithoutIndex(plan({ ...walk, 'Index Cond': '(day > 1)' }))).to.deep.equal([]);
  });
});
