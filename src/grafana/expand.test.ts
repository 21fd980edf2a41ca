import { expect } from 'chai';
import type { Query } from './dashboard.ts';
import { expandQuery } from './expand.ts';

describe('expandQuery', () => {
  const range = { fromMs: Date.parse('2026-10-01T00:00:00Z'), toMs: Date.parse('2026-10-08T00:00:00Z') };
  const context = {
    range,
    maxDataPoints: 1000,
    variables: new Map([['zone', { value: 'Asia/Ho_Chi_Minh', isMulti: false }]]),
  };
  const query = (language: Query['language'], text: string): Query => ({
    refId: 'A',
    datasource: { type: '', uid: '' },
    language,
    text,
  });
  const sql = (text: string) => expandQuery(query('sql', text), context);
  const flux = (text: string) => expandQuery(query('flux', text), context);

  it('expands $__timeFilter of a column or an expression without parentheses', () => {
    const between = "BETWEEN '2026-10-01T00:00:00.000Z' AND '2026-10-08T00:00:00.000Z'";
    expect(sql('$__timeFilter(start_time)')).to.equal(`start_time ${between}`);
    expect(sql("$__timeFilter(day::timestamp AT TIME ZONE '${zone}')")).to.equal(
      `day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' ${between}`,
    );
  });

  it('expands $__timeFrom(), $__timeTo() and $__interval', () => {
    expect(sql('$__timeFrom(), $__timeTo()')).to.equal(
      "'2026-10-01T00:00:00.000Z', '2026-10-08T00:00:00.000Z'",
    );
    expect(sql("interval '$__interval'")).to.equal("interval '10m'");
  });

  it('expands $__timeGroup to the start of an interval, and names it where a comma follows, as Grafana does', () => {
    expect(sql("GROUP BY $__timeGroup(t, '1d')")).to.equal(
      'GROUP BY floor(extract(epoch from t)/86400)*86400',
    );
    expect(sql('SELECT $__timeGroup(t,5m), x')).to.equal(
      'SELECT floor(extract(epoch from t)/300)*300 AS "time", x',
    );
  });

  it('refuses parentheses inside of a macro, which Grafana ends there', () => {
    expect(() => sql('$__timeFilter(lower(t))')).to.throw('at the first closing parenthesis');
  });

  it('refuses unknown macros, and known ones with other arguments', () => {
    for (const text of [
      '$__unixEpochFilter(t)',
      '$__timeFilter()',
      "$__timeGroup(t, '1M')",
      '$__timeFrom(t)',
    ]) {
      expect(() => sql(text), text)
        .to.throw('is no macro that Evida knows')
        .with.property('code', 'DASHBOARD_INVALID');
    }
  });

  it('expands v.timeRangeStart, v.timeRangeStop and v.windowPeriod in Flux', () => {
    expect(flux('range(start: v.timeRangeStart, stop: v.timeRangeStop) every: v.windowPeriod')).to.equal(
      'range(start: 2026-10-01T00:00:00.000Z, stop: 2026-10-08T00:00:00.000Z) every: 10m',
    );
  });

  it('proposes no shorter interval to InfluxDB than its data source does', () => {
    const short = { ...context, range: { fromMs: 0, toMs: 60_000 } };
    expect(expandQuery(query('flux', 'v.windowPeriod'), short)).to.equal('1s');
    expect(expandQuery(query('sql', '$__interval'), short)).to.equal('50ms');
  });

  it('refuses v.defaultBucket, which the data source does not name', () => {
    expect(() => flux('from(bucket: v.defaultBucket)')).to.throw('v.defaultBucket is empty');
  });
});
