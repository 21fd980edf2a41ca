import { expect } from 'chai';
import { toLine } from './line-protocol.ts';

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
    const line = (energyKwh: number) =>
      toLine({
        measurement: 'consumption',
        tags: { box: 1, outlet: 0 },
        fields: { energy_kwh: energyKwh },
        timeMs: 1,
      });
    expect(line(1e-7)).to.equal('consumption,box=1,outlet=0 energy_kwh=1e-7 1');
    expect(line(277777777.77)).to.equal('consumption,box=1,outlet=0 energy_kwh=277777777.77 1');
  });
});
