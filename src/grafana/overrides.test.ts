import { expect } from 'chai';
import { displayNameOf, type Frame } from './frame.ts';
import { applyFieldConfig } from './overrides.ts';

const OUTLETS: readonly Frame[] = ['0', '1'].map((outlet) => ({
  refId: 'statuses',
  fields: [
    { name: 'Time', type: 'time', values: [1] },
    { name: 'Value', type: 'number', values: [2], labels: { outlet } },
  ],
}));
const ENERGY: readonly Frame[] = [
  {
    refId: 'energy',
    fields: [
      { name: 'day', type: 'time', values: [1] },
      { name: 'metered', type: 'number', values: [2] },
      { name: 'billed', type: 'number', displayName: 'Billed by Eboost', values: [3] },
    ],
  },
];

const names = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => frame.fields.map((field) => displayNameOf(field, frame, frames)));

describe('applyFieldConfig', () => {
  const override = (id: string, options: unknown, properties: Record<string, unknown>) => ({
    matcher: { id, options },
    properties: Object.entries(properties).map(([key, value]) => ({ id: key, value })),
  });

  it('names fields by overrides, by their old names or by those that transformations gave them', () => {
    const overrides = [
      override('byName', 'metered', { displayName: 'Metered' }),
      override('byName', 'Billed by Eboost', { displayName: 'Billed' }),
    ];
    expect(names(applyFieldConfig(ENERGY, { defaults: {}, overrides }))).to.deep.equal([
      'day',
      'Metered',
      'Billed',
    ]);
  });

  it('takes labels into names', () => {
    const defaults = { displayName: 'Outlet ${__field.labels.outlet}' };
    expect(
      names(applyFieldConfig(OUTLETS, { defaults, overrides: [] })).filter((name) => /Outlet \d/.test(name)),
    ).to.have.length(2);
  });

  it('the name of a transformation comes before the default, an override before both', () => {
    const defaults = { displayName: 'All the same', unit: 'kwatth' };
    const overrides = [
      override('byRegexp', '/^met/', { displayName: 'Metered', decimals: 1, unit: 'watth' }),
    ];
    const [frame] = applyFieldConfig(ENERGY, { defaults, overrides });
    expect(
      frame?.fields.map(({ displayName, unit, decimals }) => [displayName, unit, decimals]),
    ).to.deep.equal([
      ['All the same', 'kwatth', undefined],
      ['Metered', 'watth', 1],
      ['Billed by Eboost', 'kwatth', undefined],
    ]);
  });

  it('goes by type and by query, too', () => {
    const overrides = [
      override('byType', 'time', { displayName: 'Day' }),
      override('byFrameRefID', 'other', { displayName: 'Never' }),
    ];
    expect(names(applyFieldConfig(ENERGY, { defaults: {}, overrides }))[0]).to.equal('Day');
  });

  it('refuses matchers and parts of names that Evida does not know', () => {
    const unknown = () =>
      applyFieldConfig(ENERGY, { defaults: {}, overrides: [override('byValue', {}, {})] });
    expect(unknown).to.throw('there is no matcher byValue').with.property('code', 'DASHBOARD_INVALID');
    const part = () =>
      applyFieldConfig(ENERGY, { defaults: { displayName: '${__field.state}' }, overrides: [] });
    expect(part).to.throw('is nothing that Evida knows');
  });
});

describe('displayNameOf', () => {
  it('one label alone names a value, several are written out', () => {
    expect(names(OUTLETS)).to.deep.equal(['Time', '0', 'Time', '1']);
    const labelled: Frame = {
      fields: [{ name: 'power', type: 'number', values: [], labels: { outlet: '1', box: '12' } }],
    };
    expect(names([labelled])).to.deep.equal(['power {box="12", outlet="1"}']);
  });

  it('fields of the same name are counted, and frames of different names are named', () => {
    const twice: Frame = { fields: [1, 2].map((value) => ({ name: 'x', type: 'number', values: [value] })) };
    expect(names([twice])).to.deep.equal(['x 1', 'x 2']);
    const named = ['a', 'b'].map(
      (name): Frame => ({ name, fields: [{ name: 'x', type: 'number', values: [] }] }),
    );
    expect(names(named)).to.deep.equal(['a x', 'b x']);
  });
});
