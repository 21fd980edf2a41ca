import { expect } from 'chai';
import {
  consumption,
  isPoint,
  LINGER_MS,
  many,
  photograph,
  SenderWorld,
  START_MS,
  STOP_WITHIN_MS,
} from '../../test/fixture/sender-world.ts';

describe('Sender', () => {
  it('sends points a moment after their commit, each to its bucket, and says how far it is', async () => {
    const world = await SenderWorld.start();
    const { source, timing, influx, sender } = world;
    source.append(consumption(1), photograph(2));
    source.appendOther(3);
    await timing.pass(LINGER_MS - 1);
    expect(influx.requests).to.have.length(0);
    expect(sender.stats).to.deep.include({ state: 'idle', since: START_MS, through: 0 });
    await timing.pass(1);
    expect(sender.stats).to.deep.include({
      state: 'sending',
      since: START_MS + LINGER_MS,
      oldestAtMs: START_MS + 1,
    });
    expect(sender.stats.inFlight).to.deep.equal({
      batches: 1,
      points: 2,
      bytes: consumption(1).length + photograph(2).length + 2,
    });
    await timing.pass(10);
    expect(influx.requests.map(({ bucket, lines }) => [bucket, lines.filter(isPoint)])).to.deep.equal([
      ['t', [consumption(1)]],
      ['h', [photograph(2)]],
    ]);
    expect(world.sent).to.deep.equal([{ through: 5, written: 2, dead: 0 }]);
    expect(sender.stats).to.deep.include({
      state: 'idle',
      oldestAtMs: undefined,
      written: 2,
      dead: 0,
      through: 5,
      requests: 2,
    });
    await world.stop();
  });

  it('passes what is not a point, and says so', async () => {
    const world = await SenderWorld.start();
    world.source.appendOther(4);
    await world.timing.pass(LINGER_MS);
    expect(world.sent).to.deep.equal([{ through: 4, written: 0, dead: 0 }]);
    await world.stop();
  });

  it('does not pass a point that is under way, whatever comes behind it', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['refused', 'refused'] } });
    await world.send(photograph(1));
    world.source.appendOther(4);
    await world.timing.pass(LINGER_MS);
    expect(world.sent).to.deep.equal([]);
    await world.timing.pass(10_000);
    expect(world.sent).to.deep.equal([{ through: 5, written: 1, dead: 0 }]);
    await world.stop();
  });

  it('cuts a backlog into batches of 5,000 points, two at once, and reports them in order', async () => {
    const world = await SenderWorld.start();
    await world.send(...many(12_000, consumption));
    expect(world.sent).to.deep.equal([
      { through: 5000, written: 5000, dead: 0 },
      { through: 10_000, written: 5000, dead: 0 },
      { through: 12_000, written: 2000, dead: 0 },
    ]);
    expect(world.influx.mostAtOnce).to.equal(2);
    await world.stop();
  });

  it('cuts batches at 1 MiB of lines', async () => {
    const world = await SenderWorld.start();
    await world.send(...many(2000, (n) => photograph(n).replace('first', 'x'.repeat(1000))));
    const sizes = world.influx.requests.map(({ lines }) => lines.filter(isPoint).join('\n').length);
    expect(sizes).to.have.length(3);
    expect(Math.max(...sizes)).to.be.within(1_000_000, 1024 * 1024);
    await world.stop();
  });

  it('writes a later value of the same time later, also when the earlier batch has to be repeated', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['lost'] } });
    const later = consumption(4999).replace('energy_kwh=1', 'energy_kwh=2');
    await world.send(...many(5000, consumption), later);
    await world.timing.pass(10_000);
    expect([...world.influx.kept.values()])
      .to.include(later)
      .and.not.to.include(consumption(4999));
    expect(world.sent.map(({ through }) => through)).to.deep.equal([5000, 5001]);
    await world.stop();
  });

  it('ends with what its source throws, and sends nothing any more', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['refused', 'refused', 'refused'] } });
    const broken = new Error('the log cannot be read');
    await world.send(photograph(1));
    world.source.next = () => Promise.reject(broken);
    await world.send(photograph(2));
    expect(await world.running.catch((error: unknown) => error)).to.equal(broken);
    expect(world.timing.waits).to.deep.equal([]);
    await world.sender.stop(STOP_WITHIN_MS);
  });

  it('ends with what its reports throw', async () => {
    const broken = new Error('nobody listens');
    const world = await SenderWorld.start({
      onSent: () => {
        throw broken;
      },
    });
    await world.send(photograph(1));
    expect(await world.running.catch((error: unknown) => error)).to.equal(broken);
    expect(world.timing.waits).to.deep.equal([]);
  });

  describe('when it is stopped', () => {
    it('sends what is committed at once, without lingering', async () => {
      const world = await SenderWorld.start();
      world.source.append(...many(7000, photograph));
      const stopped = world.sender.stop(STOP_WITHIN_MS);
      await world.timing.pass(LINGER_MS - 1);
      await stopped;
      expect(world.sent.map(({ through }) => through)).to.deep.equal([5000, 7000]);
      expect(world.timing.waits).to.deep.equal([]);
    });

    it('tries until its deadline, gives up what is not confirmed, and leaves nothing behind', async () => {
      const world = await SenderWorld.start({ influx: { weather: Array(100).fill('refused') } });
      await world.send(photograph(1));
      const before = world.influx.requests.length;
      const stopped = world.sender.stop(STOP_WITHIN_MS);
      await world.timing.pass(STOP_WITHIN_MS);
      await stopped;
      expect(world.timing.waits).to.deep.equal([]);
      expect(world.sent).to.deep.equal([]);
      expect(world.influx.requests.length - before).to.be.within(2, 4);
    });

    it('does not wait where InfluxDB asks for more time than there is', async () => {
      const world = await SenderWorld.start({ influx: { weather: Array(100).fill('busy') } });
      await world.send(photograph(1));
      const stopped = world.sender.stop(STOP_WITHIN_MS);
      await world.timing.pass(10);
      await stopped;
      expect(world.influx.requests).to.have.length(2);
    });
  });
});
