import { expect } from 'chai';
import fc from 'fast-check';
import { type FieldType, MEASUREMENTS, type Measurement, TAG_TYPES } from '../../streams/point.ts';
import { EvidaError } from '../errors.ts';
import { type AnyPoint, isMeasurement, measurementOf, timeOf, toLine } from './line-protocol.ts';
import { parseLine } from './parse-line.ts';

const consumption = (energyKwh: number): AnyPoint => ({
  measurement: 'consumption',
  tags: { box: 1, outlet: 0 },
  fields: { energy_kwh: energyKwh },
  timeMs: 1,
});

describe('toLine', () => {
  it('writes whole floats as floats, ints with an i, strings quoted, and leaves out what is unknown', () => {
    expect(
      toLine({
        measurement: 'photograph',
        tags: { box: 12, outlet: 3 },
        fields: { status: 2, current_a: 5, power_factor: undefined, reason: 'status', register_reset: true },
        timeMs: 1_700_000_000_123,
      }),
    ).to.equal(
      'photograph,box=12,outlet=3 status=2i,current_a=5,reason="status",register_reset=true 1700000000123',
    );
  });

  it('writes very small and very large numbers so that InfluxDB reads them', () => {
    expect(toLine(consumption(1e-7))).to.equal('consumption,box=1,outlet=0 energy_kwh=1e-7 1');
    expect(toLine(consumption(277777777.77))).to.equal(
      'consumption,box=1,outlet=0 energy_kwh=277777777.77 1',
    );
  });

  it('writes a measurement without tags, and escapes what means something in a tag', () => {
    expect(toLine({ measurement: 'gap', tags: {}, fields: { from: 1, to: 2 }, timeMs: 2 })).to.equal(
      'gap from=1i,to=2i 2',
    );
    const tags = { measurement: 'a b,c=d', day: '2026-11-24' };
    expect(toLine({ measurement: 'write_log', tags, fields: { points: 7 }, timeMs: 3 })).to.equal(
      'write_log,measurement=a\\ b\\,c\\=d,day=2026-11-24 points=7i 3',
    );
  });
});

const text = fc.string().filter((string) => !/[\n\r]/.test(string));
const FIELD: Readonly<Record<FieldType, fc.Arbitrary<number | string | boolean>>> = {
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  int: fc.maxSafeInteger().map((value) => value + 0),
  string: text,
  bool: fc.boolean(),
};
const TAG = {
  number: fc.nat(),
  // InfluxDB has no way to write a backslash before what is escaped.
  string: text.filter((string) => string !== '' && !string.includes('\\')),
};
const pointOf = (measurement: Measurement): fc.Arbitrary<AnyPoint> => {
  const { tags, fields } = MEASUREMENTS[measurement];
  const types: [string, FieldType][] = Object.entries(fields);
  return fc.record({
    measurement: fc.constant(measurement),
    tags: fc.record(Object.fromEntries(tags.map((tag) => [tag, TAG[TAG_TYPES[tag]]]))),
    fields: fc
      .record(Object.fromEntries(types.map(([name, type]) => [name, FIELD[type]])), { requiredKeys: [] })
      .filter((known) => Object.keys(known).length > 0),
    timeMs: fc.maxSafeInteger().map((value) => value + 0),
  });
};
const anyPoint = fc.oneof(...Object.keys(MEASUREMENTS).filter(isMeasurement).map(pointOf));

describe('parseLine', () => {
  it('gives back every point that was written, each value as it was', () => {
    fc.assert(
      fc.property(anyPoint, (point) => {
        const line = toLine(point);
        expect(parseLine(line)).to.deep.equal(point);
        expect(measurementOf(line)).to.equal(point.measurement);
        expect(timeOf(line)).to.equal(point.timeMs);
      }),
    );
  });

  for (const [what, line] of [
    ['an empty line', ''],
    ['no line protocol', 'SEbox_12 0-2'],
    ['an unknown measurement', 'weather,box=1 energy_kwh=1 1'],
    ['a tag missing', 'consumption,box=1 energy_kwh=1 1'],
    ['a tag too many', 'consumption,box=1,outlet=0,x=1 energy_kwh=1 1'],
    ['a tag twice', 'consumption,box=1,outlet=0,outlet=1 energy_kwh=1 1'],
    ['tags in another order', 'consumption,outlet=0,box=1 energy_kwh=1 1'],
    ['a tag that is no number', 'consumption,box=x,outlet=0 energy_kwh=1 1'],
    ['no field', 'consumption,box=1,outlet=0  1'],
    ['an unknown field', 'consumption,box=1,outlet=0 energy=1 1'],
    ['a field twice', 'consumption,box=1,outlet=0 energy_kwh=1,energy_kwh=1 1'],
    ['fields in another order', 'gap to=1i,from=1i 1'],
    ['a field of another type', 'gap from=1,to=2 1'],
    ['text for a number', 'consumption,box=1,outlet=0 energy_kwh="1" 1'],
    ['a number in other words', 'consumption,box=1,outlet=0 energy_kwh=1.0 1'],
    ['what is not finite', 'consumption,box=1,outlet=0 energy_kwh=NaN 1'],
    ['no time', 'consumption,box=1,outlet=0 energy_kwh=1'],
    ['a time that is none', 'consumption,box=1,outlet=0 energy_kwh=1 now'],
    ['two points', 'consumption,box=1,outlet=0 energy_kwh=1 1\nconsumption,box=1,outlet=0 energy_kwh=1 1'],
    ['something behind', 'consumption,box=1,outlet=0 energy_kwh=1 1 '],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parseLine(line))
        .to.throw(EvidaError)
        .with.property('code', 'POINT_LINE');
    });
  }

  it('refuses every other text', () => {
    const cut = fc.tuple(anyPoint, fc.nat()).map(([point, at]) => {
      const line = toLine(point);
      return line.slice(0, at % line.length);
    });
    fc.assert(
      fc.property(fc.oneof(cut, fc.string()), (line) => {
        try {
          // A cut within the last number is another point.
          expect(toLine(parseLine(line))).to.equal(line);
        } catch (error) {
          expect(error).to.be.instanceOf(EvidaError).with.property('code', 'POINT_LINE');
        }
      }),
    );
  });
});
