import { expect } from 'chai';
import type { Point } from '../../streams/point.ts';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { readPhotographs } from '../../test/fixture/photographs.ts';
import { useWorld } from '../../test/fixture/world.ts';
import { PointSender } from './point-sender.ts';
import { WriteError } from './write-error.ts';

const photograph = (outlet: number): Point => ({
  measurement: 'photograph',
  tags: { box: 12, outlet },
  fields: { status: 1, reason: 'first' },
  timeMs: 1_700_000_000_000,
});

describe('PointSender', () => {
  const world = useWorld();

  it('has all points confirmed when it is closed, those of the last moment too', async () => {
    const { writeBatch, buckets, log } = world();
    const sender = new PointSender(writeBatch, buckets, log);
    sender.send(photograph(0));
    sender.send(photograph(1));
    await sender.close(5000);
    expect(await readPhotographs(world())).to.deep.equal(['12/0 first 1', '12/1 first 1']);
    expect(sender.stats).to.deep.equal({ accepted: 2, written: 2, refused: 0 });
  });

  it('repeats a batch until it is confirmed, in its order, and says so once it goes on', async () => {
    const { log, lines } = createLogLines();
    const batches: string[] = [];
    let failures = 1;
    const sender = new PointSender(
      (_bucket, batch) => {
        batches.push(batch.join());
        return failures-- > 0
          ? Promise.reject(new WriteError(new Error('gone'), 'writing'))
          : Promise.resolve();
      },
      world().buckets,
      log,
    );
    sender.send(photograph(3));
    await sender.close(5000);
    expect(batches).to.have.length(2);
    expect(batches[0]).to.equal(batches[1]);
    expect(lines.join()).to.match(/points wait for InfluxDB.*InfluxDB takes points again/s);
  });

  it('leaves out what InfluxDB refuses for good, says so, and goes on', async () => {
    const { writeBatch, buckets } = world();
    const { log, lines } = createLogLines();
    await writeBatch(buckets.telemetry, ['consumption,box=1,outlet=1 energy_kwh="text" 1700000000000']);
    const sender = new PointSender(writeBatch, buckets, log);
    sender.send({
      measurement: 'consumption',
      tags: { box: 1, outlet: 1 },
      fields: { energy_kwh: 1 },
      timeMs: 1_700_000_000_001,
    });
    sender.send(photograph(4));
    await sender.close(5000);
    expect(sender.stats).to.deep.equal({ accepted: 2, written: 1, refused: 1 });
    expect(lines.join()).to.contain('InfluxDB refuses points').and.to.contain('field type conflict');
  });

  it('says how many points were not confirmed when the time to stop is over', async () => {
    const never = () => Promise.reject(new WriteError(new Error('gone'), 'writing'));
    const sender = new PointSender(never, world().buckets, world().log);
    sender.send(photograph(5));
    const error: unknown = await sender.close(50).catch((thrown) => thrown);
    expect(String(error)).to.contain('1 points were not confirmed within 50 ms');
  });
});
