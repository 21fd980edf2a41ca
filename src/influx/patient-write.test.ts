import { expect } from 'chai';
import { LINGER_MS, many, photograph, SenderWorld, START_MS } from '../../test/fixture/sender-world.ts';

const WAIT = 'points wait for InfluxDB';

describe('points that wait for InfluxDB', () => {
  it('are sent again unchanged, after pauses that double from 0.5 s to 30 s, and it is said once', async () => {
    const world = await SenderWorld.start({ influx: { weather: Array(9).fill('refused') } });
    const { source, timing, influx, sender } = world;
    source.append(photograph(1));
    await timing.pass(LINGER_MS + 1);
    const pauses: number[] = [];
    while (sender.stats.state === 'waiting') {
      const pauseMs = Math.max(...timing.waits);
      pauses.push(pauseMs);
      await timing.pass(pauseMs + 1);
    }
    expect(pauses).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(new Set(influx.requests.map(({ lines }) => lines.join())).size).to.equal(1);
    expect(sender.stats).to.deep.include({ state: 'idle', requests: 10, retries: 9, written: 1 });
    expect(sender.stats.answers).to.deep.equal({ unreachable: 9, written: 1 });
    expect([world.said(WAIT), world.said('InfluxDB takes points again')]).to.deep.equal([1, 1]);
    await world.stop();
  });

  it('wait a random part of each pause', async () => {
    const world = await SenderWorld.start({
      random: () => 0.25,
      influx: { weather: ['refused', 'refused'] },
    });
    world.source.append(photograph(1));
    await world.timing.pass(LINGER_MS + 1);
    expect(world.timing.waits).to.deep.equal([125]);
    await world.timing.pass(125 + 1);
    expect(world.timing.waits).to.deep.equal([250]);
    await world.stop();
  });

  it('wait as long as Retry-After says', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['busy'] } });
    const { source, timing, influx, sender } = world;
    source.append(photograph(1));
    await timing.pass(LINGER_MS + 1 + 59_999);
    expect(influx.requests).to.have.length(1);
    expect(sender.stats).to.deep.include({ state: 'waiting', since: START_MS + LINGER_MS + 1 });
    await timing.pass(2);
    expect(sender.stats).to.deep.include({ state: 'idle', written: 1 });
    await world.stop();
  });

  it('let the oldest batch try for all', async () => {
    const world = await SenderWorld.start({ influx: { weather: Array(4).fill('refused') } });
    await world.send(...many(10_000, photograph));
    await world.timing.pass(30_000);
    expect(world.influx.requests.map(({ lines: [first] }) => first)).to.deep.equal(
      [0, 5000, 0, 0, 0, 5000].map(photograph),
    );
    expect(world.sent.map(({ through }) => through)).to.deep.equal([5000, 10_000]);
    await world.stop();
  });

  it('are held when they are denied, with a hint, and tried again every 30 s or when poked', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['denied', 'denied', 'denied'] } });
    const { source, timing, influx, sender } = world;
    source.append(photograph(1));
    await timing.pass(LINGER_MS + 1);
    expect(sender.stats.state).to.equal('held');
    expect(sender.stats.lastError).to.deep.include({ at: START_MS + LINGER_MS + 1 });
    expect(sender.stats.lastError?.hint).to.contain('INFLUX_TOKEN');
    await timing.pass(29_999);
    expect(influx.requests).to.have.length(1);
    await timing.pass(2);
    expect(influx.requests).to.have.length(2);
    sender.poke();
    await timing.pass(1);
    expect(influx.requests).to.have.length(3);
    sender.poke();
    await timing.pass(1);
    expect(sender.stats).to.deep.include({ state: 'idle', written: 1 });
    expect(world.said(WAIT)).to.equal(1);
    await world.stop();
  });

  it('say it again when they wait for another reason', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['refused', 'denied', 'refused'] } });
    await world.send(photograph(1));
    await world.timing.pass(60_000);
    expect(world.said(WAIT)).to.equal(3);
    await world.stop();
  });
});
