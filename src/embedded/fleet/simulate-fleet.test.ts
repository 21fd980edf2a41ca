import { expect } from 'chai';
import type { FleetEvent, FleetMessage, PhysicalFact } from './fleet-event.ts';
import { isInstalled } from './outlet-status.ts';
import { DEMO_PACE, type Pace, REAL_PACE } from './pace.ts';
import { type FleetOptions, simulateFleet } from './simulate-fleet.ts';

const START_MS = Date.UTC(2026, 10, 2, 11);
const MINUTE_MS = 60_000;
const STATUS_PAIR = '([0-9]-([0-46])|10-[01])';
const WIRE: Readonly<Record<string, RegExp>> = {
  S: new RegExp(`^${STATUS_PAIR}(,${STATUS_PAIR})*$`),
  A: /^[0-9]-(0|[1-9]\d{0,4})(,[0-9]-(0|[1-9]\d{0,4}))*$/,
  PF: /^[0-9]-(0|[1-9]\d|100)(,[0-9]-(0|[1-9]\d|100))*$/,
  P: /^([0-9]|10)-(0|[1-9]\d{0,14})(,([0-9]|10)-(0|[1-9]\d{0,14}))*$/,
  V: /^x-2[1-3]\d(\.\d)?$/,
  PM: /^2[1-3]\d(\.\d)?,\d{1,3}(\.\d{1,3})?,0,0\.97,\d+(\.\d{1,3})?$/,
  C: /^C[0-9]1$/,
};

type Fact<K extends PhysicalFact['kind']> = Extract<PhysicalFact, { kind: K }> & { readonly atMs: number };

function play(options: Partial<FleetOptions>, forMs: number): FleetEvent[] {
  const events: FleetEvent[] = [];
  const whole = { boxes: 20, seed: 1, startMs: START_MS, timeZone: 'Asia/Ho_Chi_Minh', ...options };
  for (const event of simulateFleet(whole)) {
    if (event.atMs >= START_MS + forMs) break;
    events.push(event);
  }
  return events;
}

function messagesOf(events: readonly FleetEvent[]): FleetMessage[] {
  return events.filter((event) => event.kind === 'message');
}

function factsOf<K extends PhysicalFact['kind']>(events: readonly FleetEvent[], kind: K): Fact<K>[] {
  const is = (fact: PhysicalFact): fact is Extract<PhysicalFact, { kind: K }> => fact.kind === kind;
  return events.flatMap((event) =>
    event.kind === 'fact' && is(event.fact) ? [{ ...event.fact, atMs: event.atMs }] : [],
  );
}

/** An independent, plain reading of the wire format. */
function readingsOf(messages: readonly FleetMessage[], topic: string) {
  return messages
    .filter((message) => message.topic.startsWith(`${topic}Ebox_`))
    .flatMap(({ atMs, topic: name, payload }) =>
      payload.split(',').map((pair) => {
        const [index = Number.NaN, value = Number.NaN] = pair.split('-').map(Number);
        return { atMs, box: Number(name.split('_')[1]), index, value };
      }),
    );
}

describe('simulateFleet', () => {
  const demo = play({ pace: DEMO_PACE }, 10 * MINUTE_MS);

  it('gives the same events for the same options', () => {
    expect(play({ pace: DEMO_PACE }, MINUTE_MS)).to.deep.equal(
      demo.filter(({ atMs }) => atMs < START_MS + MINUTE_MS),
    );
  });

  it('gives other events for another seed', () => {
    const other = messagesOf(play({ pace: DEMO_PACE, seed: 2 }, MINUTE_MS)).map(({ payload }) => payload);
    const first = messagesOf(play({ pace: DEMO_PACE }, MINUTE_MS)).map(({ payload }) => payload);
    expect(other).to.not.deep.equal(first);
  });

  it('does not change a box because there are more of them', () => {
    const box10 = (boxes: number): FleetMessage[] =>
      messagesOf(play({ pace: DEMO_PACE, boxes }, MINUTE_MS)).filter(({ topic }) => topic.endsWith('_10'));
    expect(box10(1)).to.deep.equal(box10(20));
  });

  it('is in the order of time, in whole milliseconds', () => {
    for (const [index, { atMs }] of demo.entries()) {
      expect(Number.isInteger(atMs)).to.equal(true);
      expect(atMs).to.be.at.least(demo[index - 1]?.atMs ?? START_MS);
    }
  });

  it('publishes nothing but the wire format, each index once', () => {
    for (const { topic, payload } of messagesOf(demo)) {
      const [, quantity = ''] = /^([A-Z]+)Ebox_(1\d|2\d)$/.exec(topic) ?? [];
      expect(payload, topic).to.match(WIRE[quantity] ?? /never/);
      if (!['S', 'A', 'PF', 'P'].includes(quantity)) continue;
      const indexes = payload.split(',').map((pair) => pair.split('-')[0]);
      expect(new Set(indexes).size, payload).to.equal(indexes.length);
    }
  });

  it('publishes each of the six topics whole every 3 to 5 s while online', () => {
    const online = play({ pace: { ...DEMO_PACE, disconnectEveryHours: 1e6 }, boxes: 2 }, 5 * MINUTE_MS);
    for (const topic of ['S', 'A', 'PF', 'P', 'V', 'PM']) {
      const times = messagesOf(online)
        .filter((message) => message.topic === `${topic}Ebox_11`)
        .filter(({ payload }) => topic.endsWith('V') || topic === 'PM' || payload.includes(',9-'))
        .map(({ atMs }) => atMs);
      expect(times.length, topic).to.be.within(60, 100);
      for (const [index, atMs] of times.entries()) {
        if (index > 0) expect(atMs - (times[index - 1] ?? 0), topic).to.be.within(3000, 5000);
      }
    }
  });

  it('says each status change on the wire, in order, as long as the box is online', () => {
    const seen = new Map<string, number[]>();
    for (const { box, index, value } of readingsOf(messagesOf(demo), 'S')) {
      if (index === 10) continue;
      const states = seen.get(`${box}_${index}`) ?? [];
      if (states.at(-1) !== value) states.push(value);
      seen.set(`${box}_${index}`, states);
    }
    const expected = new Map<string, number[]>();
    for (const { box, outlet, status } of factsOf(demo, 'outlet')) expected.set(`${box}_${outlet}`, [status]);
    const hidden = new Set<string>();
    for (const { box, outlet, to, online } of factsOf(demo, 'status')) {
      expected.get(`${box}_${outlet}`)?.push(to);
      if (!online) hidden.add(`${box}_${outlet}`);
    }
    expect(hidden.size).to.be.lessThan(100);
    for (const [key, states] of expected) {
      const wire = seen.get(key) ?? [];
      if (hidden.has(key)) continue;
      // The very first message of a box can come after the first change.
      expect(states.slice(-wire.length), key).to.deep.equal(wire);
      expect(states.length - wire.length, key).to.be.at.most(1);
    }
  });

  it('follows a status change with current, power factor and energy of the outlet within 2.5 s', () => {
    const messages = messagesOf(demo);
    const offline = factsOf(demo, 'connection');
    for (const { atMs, box, outlet, online } of factsOf(demo, 'status').slice(0, 100)) {
      if (!online || offline.some((fact) => fact.box === box && Math.abs(fact.atMs - atMs) < 3000)) continue;
      for (const topic of ['A', 'PF', 'P']) {
        const pair = messages.find(
          (message) =>
            message.topic === `${topic}Ebox_${box}` &&
            message.atMs > atMs &&
            message.payload.startsWith(`${outlet}-`) &&
            !message.payload.includes(','),
        );
        expect((pair?.atMs ?? 0) - atMs, `${topic} of ${box}_${outlet}`).to.be.within(200, 2500);
      }
    }
  });

  it('lets energy registers only grow, but for recorded resets and glitches', () => {
    const resets = factsOf(demo, 'reset');
    const glitches = factsOf(demo, 'glitch').filter(({ quantity }) => quantity === 'energy');
    expect(resets.length).to.be.greaterThan(10);
    expect(glitches.length).to.be.greaterThan(1);
    const last = new Map<string, { atMs: number; value: number }>();
    for (const reading of readingsOf(messagesOf(demo), 'P')) {
      const { atMs, box, index, value } = reading;
      const isGlitch = glitches.some(
        (fact) => fact.atMs === atMs && fact.box === box && fact.outlet === index && fact.reported === value,
      );
      if (isGlitch) continue;
      const before = last.get(`${box}_${index}`);
      last.set(`${box}_${index}`, reading);
      if (before === undefined || value >= before.value) continue;
      const reset = resets.find(
        (fact) => fact.box === box && fact.outlet === index && fact.atMs >= before.atMs && fact.atMs <= atMs,
      );
      expect(reset?.energyBeforeJ, `${box}_${index}`).to.be.at.least(before.value);
    }
  });

  it('charges at a constant current first, then falls ever more slowly to the cut-off', () => {
    const status = factsOf(demo, 'status');
    const full = status.filter(
      ({ from, to, atMs }) => from === 2 && to === 3 && atMs > START_MS + 5 * MINUTE_MS,
    );
    expect(full.length).to.be.greaterThan(10);
    const currents = readingsOf(messagesOf(demo), 'A');
    for (const { box, outlet, atMs: endMs } of full) {
      const changes = status.filter(
        (fact) => fact.box === box && fact.outlet === outlet && fact.atMs < endMs,
      );
      if (changes.at(-2)?.to === 2) continue;
      const beginMs = changes.at(-1)?.atMs ?? endMs;
      const curve = currents.filter(
        (reading) =>
          reading.box === box && reading.index === outlet && reading.atMs > beginMs && reading.atMs < endMs,
      );
      const values = curve.map(({ value }) => value).filter((value) => value > 0);
      const most = Math.max(...values);
      expect(most).to.be.within(1400, 8300);
      const [first = 0] = values;
      expect(first, 'constant').to.be.within(most * 0.95, most);
      expect(values.at(-1), 'at the cut-off').to.be.lessThan(most * 0.2);
      const falling = values.filter((value) => value < most * 0.9);
      for (const [index, value] of falling.entries()) {
        // A glitch is a single reading.
        if (index > 1)
          expect(value).to.be.at.most(Math.max(falling[index - 1] ?? 0, falling[index - 2] ?? 0) * 1.03);
      }
    }
  });

  it('lets a full vehicle draw current again, that its register counts and its status does not show', () => {
    const calm: Pace = { ...DEMO_PACE, glitchShare: 0, resetEveryHours: 1e6, disconnectEveryHours: 1e6 };
    const events = play({ pace: calm, boxes: 4 }, 8 * MINUTE_MS);
    const draws = factsOf(events, 'draw');
    const currents = readingsOf(messagesOf(events), 'A');
    const statuses = factsOf(events, 'status');
    let checked = 0;
    for (const { box, outlet, atMs, currentA, energyJ } of draws) {
      const own = statuses.filter((fact) => fact.box === box && fact.outlet === outlet);
      expect(own.findLast((fact) => fact.atMs < atMs)?.to).to.equal(3);
      const end = own.find((fact) => fact.atMs > atMs);
      if (end === undefined) continue;
      expect(end.to).to.equal(4);
      expect(end.currentA).to.equal(0);
      expect(currentA).to.be.within(1.3, 2.2);
      const joules = (225 * currentA * 0.9 * (end.atMs - atMs)) / 1000;
      expect((end.energyJ - energyJ) / joules, `${box}_${outlet}`).to.be.within(0.85, 1.15);
      const shown = currents.filter(
        (reading) =>
          reading.box === box && reading.index === outlet && reading.atMs > atMs && reading.atMs < end.atMs,
      );
      expect(shown.length).to.be.at.least(2);
      for (const { value } of shown) expect(value / 1000).to.be.closeTo(currentA, 0.05);
      checked += 1;
    }
    expect(checked).to.be.greaterThan(10);
  });

  it('ends when it is told to, with how each outlet stands then', () => {
    const endMs = START_MS + MINUTE_MS;
    const events = [
      ...simulateFleet({ boxes: 2, seed: 1, startMs: START_MS, endMs, timeZone: 'UTC', pace: DEMO_PACE }),
    ];
    const [begin, end] = [events.slice(0, 20), events.slice(-20)];
    expect(new Set(begin.map(({ atMs }) => atMs))).to.deep.equal(new Set([START_MS]));
    expect(new Set(end.map(({ atMs }) => atMs))).to.deep.equal(new Set([endMs]));
    expect(events.slice(20, -20)).to.deep.equal(
      play({ boxes: 2, timeZone: 'UTC', pace: DEMO_PACE }, MINUTE_MS).slice(20),
    );
    const stood = new Map<string, number>();
    for (const { box, outlet, status } of factsOf(begin, 'outlet')) stood.set(`${box}_${outlet}`, status);
    for (const { box, outlet, to } of factsOf(events, 'status')) stood.set(`${box}_${outlet}`, to);
    for (const { box, outlet, status, energyJ, currentA } of factsOf(end, 'outlet')) {
      expect(status, `${box}_${outlet}`).to.equal(stood.get(`${box}_${outlet}`));
      const before = readingsOf(messagesOf(events), 'P').findLast(
        (reading) => reading.box === box && reading.index === outlet,
      );
      const mostSinceJ = (235 * currentA * (endMs - (before?.atMs ?? 0))) / 1000 + 1;
      expect(energyJ - (before?.value ?? 0), `${box}_${outlet}`).to.be.within(0, mostSinceJ);
    }
  });

  it('integrates voltage, current and power factor to the energy that it reports', () => {
    const calm: Pace = { ...DEMO_PACE, glitchShare: 0, resetEveryHours: 1e6, disconnectEveryHours: 1e6 };
    const events = play({ pace: calm, boxes: 4 }, 8 * MINUTE_MS);
    const ended = factsOf(events, 'session-end');
    const started = factsOf(events, 'session-start');
    const currents = readingsOf(messagesOf(events), 'A');
    let checked = 0;
    for (const { box, outlet, atMs, energyUsedJ } of ended) {
      const start = started.findLast(
        (fact) => fact.box === box && fact.outlet === outlet && fact.atMs < atMs,
      );
      if (start === undefined) continue;
      const readings = currents.filter(
        (reading) =>
          reading.box === box && reading.index === outlet && reading.atMs > start.atMs && reading.atMs < atMs,
      );
      let roughJ = 0;
      let sinceMs = start.atMs;
      // The last one holds until the end.
      for (const reading of [...readings, ...readings.slice(-1).map((last) => ({ ...last, atMs }))]) {
        roughJ += (225 * 0.95 * (reading.value / 1000) * (reading.atMs - sinceMs)) / 1000;
        sinceMs = reading.atMs;
      }
      expect(energyUsedJ / roughJ, `${box}_${outlet}`).to.be.within(0.8, 1.25);
      checked += 1;
    }
    expect(checked).to.be.greaterThan(10);
  });

  it('counts on from the energy that it is given', () => {
    const events = play({ boxes: 2, initialEnergyJ: (box, outlet) => box * 1e6 + outlet }, 1);
    for (const { box, outlet, energyJ } of factsOf(events, 'outlet')) {
      expect(energyJ).to.equal(isInstalled(1, box, outlet) ? box * 1e6 + outlet : 0);
    }
  });

  it('is silent while disconnected, says so before, and says everything after', () => {
    const [lost] = factsOf(demo, 'connection').filter(({ online }) => !online);
    const box = lost?.box;
    const lostMs = lost?.atMs ?? 0;
    const [found] = factsOf(demo, 'connection').filter((fact) => fact.online && fact.box === box);
    const foundMs = found?.atMs ?? 0;
    const own = messagesOf(demo).filter(({ topic }) => topic.endsWith(`_${box}`));
    const between = own.filter(({ atMs }) => atMs >= lostMs && atMs < foundMs);
    expect(between.map(({ topic, payload }) => [topic, payload])).to.deep.equal([[`SEbox_${box}`, '10-1']]);
    const after = own.filter(({ atMs }) => atMs >= foundMs && atMs <= foundMs + 2500);
    expect(after[0]?.payload).to.match(/,10-0$/);
    expect(new Set(after.map(({ topic }) => topic)).size).to.equal(6);
  });

  it('lets people arrive in the evening rather than at night', () => {
    const busy: Pace = { ...REAL_PACE, arrivalsPerOutletHour: 0.6, sessionMinutes: [1, 4] };
    const events = play({ boxes: 3, pace: busy }, 10 * 60 * MINUTE_MS);
    const arrivals = factsOf(events, 'session-start').map(({ atMs }) => (atMs - START_MS) / (60 * MINUTE_MS));
    // It begins at 18:00 local time.
    const evening = arrivals.filter((hour) => hour < 3).length;
    const night = arrivals.filter((hour) => hour >= 7 && hour < 10).length;
    expect(evening).to.be.greaterThan(4 * night);
  });

  for (const seed of [1, 2, 3, 42, 1234, 20_261_102]) {
    it(`shows within 60 s of the demo what there is to see (seed ${seed})`, () => {
      const events = play({ pace: DEMO_PACE, seed }, MINUTE_MS);
      expect(messagesOf(events).filter(({ atMs }) => atMs < START_MS + 45_000).length).to.be.greaterThan(
        1000,
      );
      expect(factsOf(events, 'session-start').length, 'starts').to.be.at.least(5);
      expect(factsOf(events, 'session-end').length, 'ends').to.be.at.least(5);
      expect(factsOf(events, 'reset').length, 'resets').to.be.at.least(1);
      const draws = factsOf(events, 'draw').filter(({ atMs }) => atMs < START_MS + 45_000);
      expect(draws.length, 'draws').to.be.at.least(2);
      const lost = factsOf(events, 'connection').filter(({ online }) => !online);
      expect(lost.length, 'disconnects').to.be.at.least(1);
      expect(factsOf(events, 'outlet').filter(({ status }) => status === 2).length).to.be.at.least(20);
      const most = new Map<string, number>();
      const fell = new Set<string>();
      for (const { box, index, value } of readingsOf(messagesOf(events), 'A')) {
        const highest = Math.max(most.get(`${box}_${index}`) ?? 0, value);
        most.set(`${box}_${index}`, highest);
        if (value > 0 && highest - value > 1000) fell.add(`${box}_${index}`);
      }
      expect(fell.size, 'falls of more than 1 A').to.be.at.least(5);
    });
  }
});
