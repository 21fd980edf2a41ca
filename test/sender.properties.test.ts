import { expect } from 'chai';
import fc from 'fast-check';
import { measurementOf, timeOf } from '../src/influx/line-protocol.ts';
import type { Flaw, Weather } from './fixture/influx-double.ts';
import { runs } from './fixture/runs.ts';
import { consumption, isPoint, isWriteLog, photograph, SenderWorld } from './fixture/sender-world.ts';

const DAY_MS = 86_400_000;
const HOURS_MS = 3 * 3_600_000;

/** What happens one after the other: points and other records are committed, then time passes. */
const steps = fc.array(
  fc.record({
    points: fc.array(
      fc.record({
        make: fc.constantFrom(consumption, photograph),
        flaw: fc.oneof(
          { weight: 4, arbitrary: fc.constant(undefined) },
          fc.constantFrom<Flaw>('unparsable', 'conflict'),
        ),
        daysAgo: fc.nat(2),
      }),
      { maxLength: 12 },
    ),
    others: fc.nat(2),
    passMs: fc.nat(400),
  }),
  { minLength: 1, maxLength: 8 },
);
const weather = fc.array(fc.constantFrom<Weather>('fair', 'refused', 'lost', 'busy', 'denied'), {
  maxLength: 40,
});

const dayOf = (line: string) => new Date(timeOf(line)).toISOString().slice(0, 10);

type Script = typeof steps extends fc.Arbitrary<infer S> ? S : never;

/** Lets all that happen, and compares what became of it with what should. */
async function checkSending(script: Script, answers: readonly Weather[], mostLines: number): Promise<void> {
  const flaws = new Map<string, Flaw>();
  const influx = { flawOf: (line: string) => flaws.get(line), mostLines, weather: answers };
  const world = await SenderWorld.start({
    influx,
    onSent: (report) => {
      const kept = new Set(world.influx.kept.values());
      for (const { line } of world.dead) kept.add(line);
      const passed = world.source.points.filter(({ sequence }) => sequence <= report.through);
      expect(
        passed.filter(({ line }) => !kept.has(line)),
        'reported without an answer',
      ).to.deep.equal([]);
      expect(report.through).to.be.greaterThan(world.sent.at(-1)?.through ?? 0);
      world.sent.push(report);
    },
  });
  let n = 0;
  for (const { points, others, passMs } of script) {
    for (const { make, flaw, daysAgo } of points) {
      const line = make(n++).replace(/\d+$/, (ms) => String(Number(ms) - daysAgo * DAY_MS));
      if (flaw !== undefined) flaws.set(line, flaw);
      world.source.append(line);
    }
    world.source.appendOther(others);
    await world.timing.pass(passMs);
  }
  await world.timing.pass(HOURS_MS);

  const lines = world.source.points.map(({ line }) => line);
  const good = lines.filter((line) => !flaws.has(line));
  const kept = [...world.influx.kept.values()];
  expect(kept.filter(isPoint).sort()).to.deep.equal(good.toSorted());
  expect(world.dead.map(({ line }) => line).sort()).to.deep.equal([...flaws.keys()].sort());
  const { source, sender } = world;
  expect(sender.stats).to.deep.include({
    state: 'idle',
    written: good.length,
    dead: flaws.size,
    through: source.position,
  });
  expect(world.influx.mostAtOnce).to.be.at.most(2);
  const logged = new Set(kept.filter(isWriteLog).map((line) => line.slice(0, line.indexOf(' '))));
  expect([...logged]).to.include.members(
    good.map((line) => `write_log,measurement=${measurementOf(line)},day=${dayOf(line)}`),
  );
  const { requests } = world.influx;
  for (const [index, { weather: met, lines: sent }] of requests.entries()) {
    const points = sent.filter(isPoint).join();
    const isRepeated = requests.slice(index + 1).some(({ lines }) => lines.filter(isPoint).join() === points);
    expect(isRepeated || met === 'fair', `${met}: ${sent}`).to.equal(true);
  }
  await world.stop();
}

describe('Sender, whatever InfluxDB answers', () => {
  it('writes all points but the bad ones, those are dead letters, and nothing is reported before its answer', async () => {
    const property = fc.asyncProperty(steps, weather, fc.integer({ min: 1, max: 20 }), checkSending);
    await fc.assert(property, { numRuns: runs(150) });
  }).timeout(600_000);
});
