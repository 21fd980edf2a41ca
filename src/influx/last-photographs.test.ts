import { expect } from 'chai';
import { useWorld } from '../../test/fixture/world.ts';
import { readLastPhotographs } from './last-photographs.ts';
import { toLine } from './line-protocol.ts';
import { collectRows } from './query.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('readLastPhotographs', () => {
  const world = useWorld();

  const write = (box: number, outlet: number, agoMs: number, fields: Record<string, number | string>) =>
    world().writeBatch(world().buckets.history, [
      toLine({ measurement: 'photograph', tags: { box, outlet }, fields, timeMs: NOW_MS - agoMs }),
    ]);
  const read = (boxes: readonly number[]) =>
    collectRows(readLastPhotographs(world().queryFlux, world().buckets.history, boxes, NOW_MS));

  it('finds nothing where there is nothing', async () => {
    expect(await read([12])).to.deep.equal([]);
  });

  it('gives the last photograph of each outlet of the boxes that are asked for, with the values that it has itself', async () => {
    const idle = { status: 0, reason: 'idle' };
    await write(12, 3, 2 * HOUR_MS, {
      status: 2,
      current_a: 5.2,
      voltage_v: 230,
      energy_kwh: 7.25,
      reason: 'change',
    });
    await write(12, 3, HOUR_MS, { status: 3, energy_kwh: 8, reason: 'status' });
    await write(12, 4, HOUR_MS, {
      status: 2,
      current_a: 1,
      power_factor: 95,
      voltage_v: 231,
      reason: 'first',
    });
    await write(3, 0, 399 * DAY_MS, idle);
    await write(10_000, 9, -HOUR_MS, idle);
    await write(7, 0, 401 * DAY_MS, idle);
    await write(112, 0, HOUR_MS, idle);
    const found = (await read([3, 7, 12, 10_000])).map(({ tags, timeMs, fields }) => [
      tags,
      NOW_MS - timeMs,
      fields,
    ]);
    expect(found).to.have.deep.members([
      [{ box: 12, outlet: 3 }, HOUR_MS, { status: 3, energy_kwh: 8, reason: 'status' }],
      [
        { box: 12, outlet: 4 },
        HOUR_MS,
        { status: 2, current_a: 1, power_factor: 95, voltage_v: 231, reason: 'first' },
      ],
      [{ box: 3, outlet: 0 }, 399 * DAY_MS, idle],
      [{ box: 10_000, outlet: 9 }, -HOUR_MS, idle],
    ]);
  });
});
