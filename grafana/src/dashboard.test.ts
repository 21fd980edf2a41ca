import { expect } from 'chai';
import { createDashboard } from './dashboard.ts';
import { stat, table, timeSeries, type UnplacedPanel } from './panels.ts';
import { flux, INFLUXDB, MIXED, POSTGRES, sql } from './targets.ts';

const SQL = sql('places', 'SELECT box::text AS box FROM box_place');
const FLUX = flux('outlets', 'outlets-by-status');

const panel = (title: string, width: number, height: number): UnplacedPanel =>
  table({ title, description: 'x', unit: 'none', noValue: 'none', width, height, targets: [SQL] });

const parts = {
  uid: 'evida-test',
  title: 'Test',
  description: 'A test',
  variables: [],
  from: 'now-1h',
  refresh: '1m',
};

describe('createDashboard', () => {
  it('lays panels side by side as far as they fit, then below the tallest, each row under its heading', () => {
    const { panels } = createDashboard({
      ...parts,
      rows: [
        { title: 'first', panels: [panel('a', 12, 4), panel('b', 12, 6), panel('c', 8, 2)] },
        { title: 'second', panels: [panel('d', 24, 3)] },
      ],
    });
    expect(panels.map(({ id, title, gridPos }) => [id, title, gridPos])).to.deep.equal([
      [1, 'first', { x: 0, y: 0, w: 24, h: 1 }],
      [2, 'a', { x: 0, y: 1, w: 12, h: 4 }],
      [3, 'b', { x: 12, y: 1, w: 12, h: 6 }],
      [4, 'c', { x: 0, y: 7, w: 8, h: 2 }],
      [5, 'second', { x: 0, y: 9, w: 24, h: 1 }],
      [6, 'd', { x: 0, y: 10, w: 24, h: 3 }],
    ]);
  });

  it('refuses a panel that is wider than the dashboard', () => {
    const rows = [{ title: 'first', panels: [panel('a', 25, 4)] }];
    expect(() => createDashboard({ ...parts, rows })).to.throw('a is wider than 24 columns');
  });

  it('marks only the panels that annotations name, and refuses a name that no panel has', () => {
    const rows = [{ title: 'first', panels: [panel('a', 12, 4), panel('b', 12, 4)] }];
    const annotations = (on: readonly string[]) => [{ name: 'reasons', target: FLUX, on }];
    const { list } = createDashboard({ ...parts, rows, annotations: annotations(['b']) }).annotations;
    expect(list)
      .to.have.nested.property('[0].filter')
      .that.deep.equals({ exclude: false, ids: [3] });
    expect(() => createDashboard({ ...parts, rows, annotations: annotations(['c']) })).to.throw(
      'there is no panel c',
    );
  });

  it('cannot be edited in Grafana, which would lose the change with the next upgrade', () => {
    expect(createDashboard({ ...parts, rows: [] })).to.include({ editable: false, schemaVersion: 42 });
  });
});

describe('panels', () => {
  const look = {
    title: 't',
    description: 'd',
    unit: 'kwatth',
    noValue: 'no energy',
    width: 12,
    height: 4,
  } as const;

  it('take the data source of their targets; with several of them, each target brings its own', () => {
    expect(stat({ ...look, targets: [SQL] }).datasource).to.deep.equal(POSTGRES);
    expect(stat({ ...look, targets: [FLUX] }).datasource).to.deep.equal(INFLUXDB);
    const mixed = stat({ ...look, targets: [FLUX, SQL] });
    expect(mixed.datasource).to.deep.equal(MIXED);
    expect(mixed.targets.map(({ datasource }) => datasource)).to.deep.equal([INFLUXDB, POSTGRES]);
    expect(() => stat({ ...look, targets: [] })).to.throw('must ask something');
  });

  it('give single fields a look of their own, by their names', () => {
    const { fieldConfig } = timeSeries({
      ...look,
      targets: [FLUX],
      fields: {
        billed: { displayName: 'Billed', unit: 'currencyVND', color: 'orange', custom: { lineWidth: 2 } },
      },
    });
    expect(fieldConfig?.defaults).to.include({ unit: 'kwatth', noValue: 'no energy' });
    expect(fieldConfig?.overrides).to.deep.equal([
      {
        matcher: { id: 'byName', options: 'billed' },
        properties: [
          { id: 'unit', value: 'currencyVND' },
          { id: 'color', value: { mode: 'fixed', fixedColor: 'orange' } },
          { id: 'displayName', value: 'Billed' },
          { id: 'custom.lineWidth', value: 2 },
        ],
      },
    ]);
  });

  it('of rows take one a box of a large fleet', () => {
    expect(table({ ...look, targets: [SQL] }).maxDataPoints).to.equal(100_000);
    expect(timeSeries({ ...look, targets: [SQL] }).maxDataPoints).to.equal(undefined);
  });
});
