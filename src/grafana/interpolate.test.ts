import { expect } from 'chai';
import { interpolate, referencesIn, type VariableValue } from './interpolate.ts';

describe('interpolate', () => {
  const values = new Map<string, VariableValue>([
    ['zone', { value: "Asia/Ho'Chi", isMulti: false }],
    ['box', { value: '12', isMulti: false }],
    ['city', { value: ["Ba'na", 'Q.1'], isMulti: true }],
    ['one', { value: ['Hue'], isMulti: true }],
    ['none', { value: [], isMulti: true }],
    ['all', { value: '.*', isMulti: true, isWrittenAsItIs: true }],
  ]);
  const sql = (text: string) => interpolate(text, 'sql', values, 'testing');
  const flux = (text: string) => interpolate(text, 'flux', values, 'testing');

  const CASES: readonly (readonly [title: string, text: string, wanted: string])[] = [
    ['sqlstring: each quoted, and its quotes doubled', '${city:sqlstring}', "'Ba''na','Q.1'"],
    ['sqlstring of one', '${zone:sqlstring}', "'Asia/Ho''Chi'"],
    ['sqlstring of none', 'ARRAY[${none:sqlstring}]', 'ARRAY[]'],
    ['csv: with commas, as they are', '${city:csv}', "Ba'na,Q.1"],
    ['raw: the same', '${city:raw}', "Ba'na,Q.1"],
    ['regex: escaped, a choice in parentheses', '${city:regex}', "(Ba'na|Q\\.1)"],
    ['regex: one alone without parentheses', '${one:regex}', 'Hue'],
    ['regex of none', '${none:regex}', '()'],
    ['json: a list', '${city:json}', '["Ba\'na","Q.1"]'],
    ['json: one value of a list stays a list', '${one:json}', '["Hue"]'],
    ['json: one value alone is bare, as in Grafana', '${box:json}', '12'],
    ['doublequote: quoted', '${box:doublequote}', '"12"'],
    ['glob: several in braces', '${city:glob}', "{Ba'na,Q.1}"],
    ['a value for all is written as it is', '${all:sqlstring}', '.*'],
    ['$name is the same as ${name}', '$box', '12'],
    ["Grafana's own variables stay", '$__timeFilter(t) $__interval', '$__timeFilter(t) $__interval'],
  ];
  for (const [title, text, wanted] of CASES) it(title, () => expect(sql(text)).to.equal(wanted));

  it('without a format, SQL gets several values quoted, one with its quotes doubled, as the Postgres data source does', () => {
    expect(sql('${city}')).to.equal("'Ba''na','Q.1'");
    expect(sql("'${zone}'")).to.equal("'Asia/Ho''Chi'");
  });

  it('without a format, Flux gets one value as it is, and several are refused', () => {
    expect(flux('"${box}"')).to.equal('"12"');
    expect(() => flux('${city}'))
      .to.throw(/several values, and no format/)
      .with.property('code', 'DASHBOARD_INVALID');
  });

  it('refuses unknown variables, formats and parts of variables', () => {
    expect(() => sql('${nobody:csv}')).to.throw('there is no variable nobody');
    expect(() => sql('${box:html}')).to.throw('${box:html} has an unknown format');
    expect(() => sql('${box:constructor}')).to.throw('has an unknown format');
    expect(() => sql('${box.text}')).to.throw('takes a part of a variable');
  });

  it('writes values with dollar signs as they are', () => {
    const odd = new Map([['name', { value: "$& $1 $'", isMulti: false }]]);
    expect(interpolate('<${name:raw}>', 'flux', odd, 'testing')).to.equal("<$& $1 $'>");
  });
});

describe('referencesIn', () => {
  it("gives the dashboard's variables with their formats, without Grafana's own", () => {
    expect(referencesIn('$box ${city:regex} $__interval ${__data.fields.box} $$ $/')).to.deep.equal([
      { name: 'box', format: undefined },
      { name: 'city', format: 'regex' },
    ]);
  });
});
