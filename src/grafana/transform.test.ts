import { expect } from 'chai';
import { displayNameOf, type Field, type Frame, type Value } from './frame.ts';
import { transform } from './transform.ts';

/** A frame of columns; their types follow from their first values, and `time` is a time. */
function frame(
  columns: Readonly<Record<string, readonly Value[]>>,
  parts: Omit<Frame, 'fields'> = {},
): Frame {
  const fields = Object.entries(columns).map(([name, values]): Field => {
    const type = typeof values.find((value) => value != null);
    if (name === 'time') return { name, type: 'time', values };
    return { name, type: type === 'number' || type === 'boolean' ? type : 'string', values };
  });
  return { ...parts, fields };
}

/** The columns of frames as they are shown. */
function shown(frames: readonly Frame[]): Record<string, readonly Value[]>[] {
  return frames.map((one) =>
    Object.fromEntries(one.fields.map((field) => [displayNameOf(field, one, frames), field.values])),
  );
}

const apply = (id: string, options: Record<string, unknown>, ...frames: Frame[]) =>
  shown(transform(frames, { id, options }));

describe('transform', () => {
  describe('joinByField', () => {
    const metered = frame({ time: [2, 3, 4], metered: [20, 30, 40] });
    const billed = frame({ time: [1, 2, 3], billed: [1, 2, 3] });

    it('outer: a row for each value of the field, in order, without a value where a frame has none', () => {
      expect(apply('joinByField', { byField: 'time', mode: 'outer' }, metered, billed)).to.deep.equal([
        { time: [1, 2, 3, 4], metered: [undefined, 20, 30, 40], billed: [1, 2, 3, undefined] },
      ]);
    });

    it('outer: texts of numbers are ordered as numbers, other texts as they come', () => {
      const joined = (one: Value[], other: Value[]) =>
        apply('joinByField', { byField: 'box', mode: 'outer' }, frame({ box: one }), frame({ box: other }))[0]
          ?.box;
      expect(joined(['10', '9'], ['100'])).to.deep.equal(['9', '10', '100']);
      expect(joined(['Hue', 'Da Nang'], ['Can Tho', 'Hue'])).to.deep.equal(['Hue', 'Da Nang', 'Can Tho']);
    });

    it('outer: null reaches into the gaps beside it, as in Grafana', () => {
      const gappy = frame({ time: [1, 5], billed: [null, 5] });
      expect(
        apply('joinByField', { byField: 'time', mode: 'outer' }, metered, gappy)[0]?.billed,
      ).to.deep.equal([null, null, null, null, 5]);
    });

    it('outer: frames with the same values row by row keep all their rows', () => {
      const twice = (name: string) => frame({ box: ['b', 'a', 'a'], [name]: [1, 2, 3] });
      expect(apply('joinByField', { byField: 'box', mode: 'outer' }, twice('x'), twice('y'))).to.deep.equal([
        { box: ['b', 'a', 'a'], x: [1, 2, 3], y: [1, 2, 3] },
      ]);
    });

    it('outer: of rows with the same value, the last one stays', () => {
      const twice = frame({ time: [2, 2], billed: [1, 5] });
      expect(
        apply('joinByField', { byField: 'time', mode: 'outer' }, metered, twice)[0]?.billed,
      ).to.deep.equal([5, undefined, undefined]);
    });

    it('inner: a row for each pair of rows that have the value in common', () => {
      const places = frame({ box: ['1', '2', null], name: ['A', 'B', 'C'] });
      const outlets = frame({ box: ['2', '2', '3'], outlet: [0, 1, 0] });
      expect(apply('joinByField', { byField: 'box', mode: 'inner' }, places, outlets)).to.deep.equal([
        { box: ['2', '2'], name: ['B', 'B'], outlet: [0, 1] },
      ]);
    });

    it('a frame without the field is left out of an outer join, and leaves nothing of an inner one', () => {
      const other = frame({ day: ['x'], x: [1] });
      expect(
        apply('joinByField', { byField: 'box', mode: 'outer' }, frame({ box: ['1'] }), other),
      ).to.deep.equal([{ box: ['1'] }]);
      expect(
        apply('joinByField', { byField: 'box', mode: 'inner' }, frame({ box: ['1'] }), other),
      ).to.deep.equal([{ box: [] }]);
    });

    it('one frame stays as it is', () => {
      expect(apply('joinByField', { byField: 'time' }, billed)).to.deep.equal(shown([billed]));
    });

    it('`time` stands for the time of a time series, whatever its name', () => {
      const series: Frame = {
        name: 'power',
        fields: [
          { name: 'Time', type: 'time', values: [2] },
          { name: 'Value', type: 'number', values: [7], labels: {} },
        ],
      };
      expect(apply('joinByField', { byField: 'time', mode: 'inner' }, billed, series)).to.deep.equal([
        { time: [2], billed: [2], power: [7] },
      ]);
    });
  });

  it('organize leaves fields out, puts the others in order and renames them', () => {
    const options = {
      excludeByName: { secret: true, kept: false },
      indexByName: { b: 0, a: 1 },
      renameByName: { a: 'Alpha' },
    };
    const given = frame({ kept: [0], a: [1], secret: [2], b: [3] });
    const [organized = {}] = apply('organize', options, given);
    expect(Object.entries(organized)).to.deep.equal([
      ['b', [3]],
      ['Alpha', [1]],
      ['kept', [0]],
    ]);
  });

  it('renameByRegex renames the fields that match, with what was matched', () => {
    const given = frame({ outlet_1: [1], box: [2] });
    expect(
      apply('renameByRegex', { regex: '/outlet_(\\d)/', renamePattern: 'Outlet $1' }, given),
    ).to.deep.equal([{ 'Outlet 1': [1], box: [2] }]);
  });

  describe('calculateField', () => {
    const byName = (options: string) => ({ matcher: { id: 'byName', options } });
    const binary = (left: unknown, operator: string, right: unknown) => ({
      mode: 'binary',
      alias: 'result',
      binary: { left, operator, right },
    });

    it('adds, subtracts, multiplies and divides two fields, or a field and a number', () => {
      const given = frame({ a: [6, 8], b: [3, 2] });
      const result = (operator: string, right: unknown = byName('b')) =>
        apply('calculateField', binary(byName('a'), operator, right), given)[0]?.result;
      expect(result('+')).to.deep.equal([9, 10]);
      expect(result('-')).to.deep.equal([3, 6]);
      expect(result('*')).to.deep.equal([18, 16]);
      expect(result('/')).to.deep.equal([2, 4]);
      expect(result('/', { fixed: '2' })).to.deep.equal([3, 4]);
    });

    it('as in Grafana, null counts as 0, and what a join left without a value makes NaN', () => {
      const given = frame({ a: [1, 1], b: [null, undefined] });
      expect(apply('calculateField', binary(byName('a'), '+', byName('b')), given)[0]?.result).to.deep.equal([
        1,
        Number.NaN,
      ]);
    });

    it('joins several time series by their time first, and leaves a frame alone that lacks a field', () => {
      const [joined] = apply(
        'calculateField',
        binary(byName('a'), '-', byName('b')),
        frame({ time: [1, 2], a: [5, 6] }),
        frame({ time: [1, 2], b: [1, 1] }),
      );
      expect(joined?.result).to.deep.equal([4, 5]);
      expect(
        apply('calculateField', binary(byName('a'), '-', byName('zz')), frame({ a: [1] })),
      ).to.deep.equal([{ a: [1] }]);
    });
  });

  it('sortBy sorts all fields by one: numbers by size, texts without a value last', () => {
    const given = frame({ name: ['b', null, 'A'], kwh: [2, 30, 9] });
    const sorted = (field: string, desc: boolean) =>
      apply('sortBy', { fields: {}, sort: [{ field, desc }] }, given)[0]?.name;
    expect(sorted('kwh', true)).to.deep.equal([null, 'A', 'b']);
    expect(sorted('name', false)).to.deep.equal(['A', 'b', null]);
    expect(sorted('nobody', false)).to.deep.equal(['b', null, 'A']);
  });

  describe('filterByValue', () => {
    const given = frame({ name: ['a', null, 'c'], kwh: [1, 2, null] });
    const kept = (type: string, match: string, ...filters: unknown[]) =>
      apply('filterByValue', { type, match, filters }, given)[0]?.name;
    const filter = (fieldName: string, id: string, value?: unknown) => ({
      fieldName,
      config: { id, options: value === undefined ? {} : { value } },
    });

    it('keeps the rows in which all or any of the filters match, or leaves them out', () => {
      const both = [filter('name', 'isNotNull'), filter('kwh', 'isNotNull')];
      expect(kept('include', 'all', ...both)).to.deep.equal(['a']);
      expect(kept('exclude', 'all', ...both)).to.deep.equal([null, 'c']);
      expect(kept('include', 'any', ...both)).to.deep.equal(['a', null, 'c']);
    });

    it('compares values, also with numbers that stand as text; null counts as 0', () => {
      expect(kept('include', 'all', filter('kwh', 'equal', '2'))).to.deep.equal([null]);
      expect(kept('include', 'all', filter('name', 'notEqual', 'a'))).to.deep.equal([null, 'c']);
      expect(kept('include', 'all', filter('kwh', 'greater', 1))).to.deep.equal([null]);
      expect(kept('include', 'all', filter('kwh', 'greaterOrEqual', 1))).to.deep.equal(['a', null]);
      expect(kept('include', 'all', filter('kwh', 'lower', 2))).to.deep.equal(['a', 'c']);
      expect(kept('include', 'all', filter('kwh', 'lowerOrEqual', 0))).to.deep.equal(['c']);
      expect(kept('include', 'all', filter('name', 'isNull'))).to.deep.equal([null]);
    });

    it('a field that is not there matches nothing', () => {
      expect(kept('include', 'all', filter('nobody', 'isNull'))).to.deep.equal([]);
    });
  });

  it('leaves out what is disabled', () => {
    const given = [frame({ a: [2, 1] })];
    const sort = { id: 'sortBy', options: { sort: [{ field: 'a' }] }, disabled: true };
    expect(shown(transform(given, sort))).to.deep.equal([{ a: [2, 1] }]);
  });

  it('refuses transformations and options that Evida does not follow', () => {
    const refused = (id: string, options: Record<string, unknown>) => {
      try {
        transform([], { id, options });
      } catch (error) {
        return error;
      }
      return undefined;
    };
    for (const [id, options, words] of [
      ['pivot', {}, 'Evida does not know it'],
      ['toString', {}, 'Evida does not know it'],
      ['joinByField', { byField: 'box', mode: 'outerTabular' }, 'Invalid option'],
      ['calculateField', { mode: 'reduceRow' }, 'only binary operations are followed'],
      ['sortBy', { sort: [{ field: 'a' }, { field: 'b' }] }, 'Grafana sorts by the first field only'],
      ['organize', { includeByName: { a: true } }, 'includeByName'],
    ] as const) {
      const error = refused(id, options);
      expect(error, id).to.have.property('code', 'DASHBOARD_INVALID');
      expect(String(error)).to.contain(words);
    }
  });
});
