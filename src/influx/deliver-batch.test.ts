import { expect } from 'chai';
import {
  consumption,
  isPoint,
  isWriteLog,
  LINGER_MS,
  many,
  photograph,
  SenderWorld,
  START_MS,
} from '../../test/fixture/sender-world.ts';
import { timeOf } from './line-protocol.ts';

describe('write_log', () => {
  it('names each measurement and UTC day with its number of points, together with the history', async () => {
    const world = await SenderWorld.start();
    const dayBefore = photograph(3).replace(/\d+$/, String(START_MS - 86_400_000));
    await world.send(consumption(1), photograph(2), dayBefore, photograph(4));
    const sentMs = START_MS + LINGER_MS + 1;
    expect(world.influx.requests.map(({ bucket }) => bucket)).to.deep.equal(['t', 'h']);
    expect(world.influx.requests[1]?.lines).to.deep.equal([
      photograph(2),
      dayBefore,
      photograph(4),
      `write_log,measurement=consumption,day=2026-11-24 points=1i ${sentMs}`,
      `write_log,measurement=photograph,day=2026-11-24 points=2i ${sentMs}`,
      `write_log,measurement=photograph,day=2026-11-23 points=1i ${sentMs}`,
    ]);
    await world.stop();
  });

  it('has another time with each batch, so that none takes the place of another', async () => {
    const world = await SenderWorld.start();
    await world.send(...many(12_000, consumption));
    const times = world.influx.requests.flatMap(({ lines }) => lines.filter(isWriteLog)).map(timeOf);
    expect(new Set(times).size).to.equal(3);
    await world.stop();
  });

  it('is not sent before the telemetry of its batch is confirmed, and is the same when repeated', async () => {
    const world = await SenderWorld.start({ influx: { weather: ['refused', 'fair', 'lost', 'refused'] } });
    await world.send(consumption(1));
    await world.timing.pass(10_000);
    const { requests } = world.influx;
    expect(requests.map(({ bucket }) => bucket)).to.deep.equal(['t', 't', 'h', 'h', 'h']);
    expect(new Set(requests.slice(2).map(({ lines }) => lines.join())).size).to.equal(1);
    await world.stop();
  });

  it('has a new time when it was repeated for ten minutes, so that it is not too old for its readers', async () => {
    const world = await SenderWorld.start({ influx: { weather: Array(20).fill('busy') } });
    await world.send(photograph(1));
    await world.timing.pass(21 * 60_000);
    const lines = world.influx.requests.map(({ lines: [, log = ''] }) => timeOf(log) - START_MS - LINGER_MS);
    expect(new Set(lines.map((ms) => Math.floor(ms / 60_000)))).to.deep.equal(new Set([0, 10, 20]));
    await world.stop();
  });

  it('counts no dead letters, and keeps no point back when it is refused itself', async () => {
    const flawOf = (line: string) => (isWriteLog(line) || line === photograph(2) ? 'conflict' : undefined);
    const world = await SenderWorld.start({ influx: { flawOf } });
    await world.send(photograph(1), photograph(2));
    expect(world.influx.requests.at(-1)?.lines.join()).to.contain('points=1i');
    expect(world.dead.map(({ line }) => line)).to.deep.equal([photograph(2)]);
    expect(world.sent).to.deep.equal([{ through: 2, written: 1, dead: 1 }]);
    expect(world.said('write_log is refused')).to.equal(1);
    await world.stop();
  });

  it('is not written for a batch without a point that InfluxDB took', async () => {
    const world = await SenderWorld.start({ influx: { flawOf: () => 'unparsable' } });
    await world.send(consumption(1));
    expect(world.influx.requests).to.have.length(1);
    await world.stop();
  });
});

describe('points that InfluxDB never takes', () => {
  it('are found by halves until each stands alone, and all others are written', async () => {
    const bad = new Set([consumption(17), consumption(4711)]);
    const world = await SenderWorld.start({
      influx: { flawOf: (line) => (bad.has(line) ? 'unparsable' : undefined) },
    });
    await world.send(...many(5000, consumption));
    expect(world.dead).to.deep.equal(
      [17, 4711].map((n) => ({
        sequence: n + 1,
        line: consumption(n),
        bucket: 't',
        reason: 'unable to parse: missing field value',
      })),
    );
    expect([...world.influx.kept.values()].filter(isPoint)).to.have.length(4998);
    expect(world.sent).to.deep.equal([{ through: 5000, written: 4998, dead: 2 }]);
    await world.stop();
  });

  it('are found in a few requests where it is all of a measurement', async () => {
    const world = await SenderWorld.start({
      influx: { flawOf: (line) => (line.startsWith('meter') ? 'conflict' : undefined) },
    });
    const meter = (n: number) => `meter,box=${n} voltage_v=230 ${START_MS + n}`;
    await world.send(...many(5000, (n) => (n % 2 === 0 ? consumption(n) : meter(n))));
    expect(world.sent).to.deep.equal([{ through: 5000, written: 2500, dead: 2500 }]);
    expect(world.influx.requests.length).to.be.lessThan(6);
    await world.stop();
  });

  it('are halved where they are too many, down to one that is too large alone', async () => {
    const three = await SenderWorld.start({ influx: { mostLines: 3 } });
    await three.send(...many(5, consumption));
    expect(three.sent).to.deep.equal([{ through: 5, written: 5, dead: 0 }]);
    await three.stop();
    const none = await SenderWorld.start({ influx: { mostLines: 0 } });
    await none.send(consumption(1), consumption(2));
    expect(none.dead.map(({ reason }) => reason)).to.deep.equal(['too large', 'too large']);
    await none.stop();
  });

  it('are also the lines that are not of Evida', async () => {
    const world = await SenderWorld.start();
    const strange = [
      'weather,box=1 rain=1 1',
      'consumption,box=1,outlet=1 energy_kwh=1',
      '',
      'x',
      'gap from=1i 9e99',
    ];
    await world.send(...strange, photograph(1));
    expect(world.dead.map(({ line }) => line)).to.deep.equal(strange);
    expect(world.sent).to.deep.equal([{ through: 6, written: 1, dead: 5 }]);
    await world.stop();
  });

  it('hold up those behind them until their dead letter is kept', async () => {
    let failures = 2;
    const kept: number[] = [];
    const world = await SenderWorld.start({
      influx: { flawOf: (line) => (isPoint(line) ? 'conflict' : undefined) },
      onDead: ({ sequence }) => {
        if (failures-- > 0) return Promise.reject(new Error('the disk is full'));
        kept.push(sequence);
        return Promise.resolve();
      },
    });
    await world.send(photograph(1));
    expect(world.sent).to.deep.equal([]);
    expect(world.said('the disk is full')).to.be.greaterThan(0);
    await world.timing.pass(1500);
    expect(kept).to.deep.equal([1]);
    expect(world.sent).to.deep.equal([{ through: 1, written: 0, dead: 1 }]);
    await world.stop();
  });
});
