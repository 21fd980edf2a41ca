import { expect } from 'chai';
import fc from 'fast-check';
import type { BoxPhotographs } from '../streams/box-photographs.ts';
import { expireUntil, foldLive, type Snapshot } from '../streams/keyed-reducer.ts';
import type { Observation } from '../streams/observation.ts';
import type { Photograph } from '../streams/photograph.ts';
import { PhotographReducer } from '../streams/photograph-reducer.ts';
import type { Readings } from '../streams/reading.ts';
import { UNKNOWN } from '../streams/unknown.ts';
import { runs } from './fixture/runs.ts';
import { denseObservations } from './model/observations.ts';
import { modelPhotographs } from './model/photograph-model.ts';
import { SHORT_RULES, traffic } from './model/traffic.ts';

/** So long after the last message everything that was due has been taken. */
const AFTERWARDS_MS = 200;

function endOf(messages: readonly Observation[]): number {
  return (messages.at(-1)?.receivedAt ?? 0) + AFTERWARDS_MS;
}

function boxesOf(reducer: PhotographReducer): BoxPhotographs[] {
  return [...reducer.boxNumbers()].flatMap((box) => reducer.exportBox(box) ?? []);
}

/** As it comes back from the disk. */
function snapshotOf(reducer: PhotographReducer, atMs: number): Snapshot<BoxPhotographs> {
  return { atMs, boxes: JSON.parse(JSON.stringify(boxesOf(reducer))) };
}

/** The photographs of the reducer; with `cut`, its state is exported and imported before that message. */
function photographsOf(
  messages: readonly Observation[],
  { rules = SHORT_RULES, cut = -1 } = {},
): Photograph[] {
  let reducer = new PhotographReducer(rules);
  const taken: Photograph[] = [];
  const emit = (photograph: Photograph) => void taken.push(photograph);
  messages.forEach((message, at) => {
    if (at === cut) reducer = new PhotographReducer(rules, snapshotOf(reducer, message.receivedAt));
    foldLive(reducer, message, emit);
  });
  expireUntil(reducer, endOf(messages), emit);
  return taken;
}

/** Each outlet by itself, in its own order: between outlets there is none. */
function byOutlet(photographs: readonly Photograph[]): Map<string, Photograph[]> {
  const outlets = new Map<string, Photograph[]>();
  for (const photograph of photographs) {
    const key = `${photograph.box}/${photograph.outlet}`;
    outlets.set(key, [...(outlets.get(key) ?? []), photograph]);
  }
  return outlets;
}

describe('photographs of any traffic', function () {
  this.timeout(600_000);
  const check = (property: (messages: Readings[]) => void) =>
    fc.assert(fc.property(traffic, property), { numRuns: runs(150) });

  it('are those of a slow model that lives through every millisecond', () => {
    check((messages) => {
      expect(byOutlet(photographsOf(messages))).to.deep.equal(
        byOutlet(modelPhotographs(messages, SHORT_RULES, endOf(messages))),
      );
    });
  });

  it('are the same with a limit on changes as those of the model', () => {
    const rules = { ...SHORT_RULES, changeMinIntervalMs: 30 };
    check((messages) => {
      expect(byOutlet(photographsOf(messages, { rules }))).to.deep.equal(
        byOutlet(modelPhotographs(messages, rules, endOf(messages))),
      );
    });
  });

  it('are those of the model also when boxes come and go, and across times that nobody observed', () => {
    fc.assert(
      fc.property(denseObservations, fc.constantFrom(0, 30), (all, changeMinIntervalMs) => {
        const rules = { ...SHORT_RULES, changeMinIntervalMs };
        expect(byOutlet(photographsOf(all, { rules }))).to.deep.equal(
          byOutlet(modelPhotographs(all, rules, endOf(all))),
        );
      }),
      { numRuns: runs(150) },
    );
  });

  it('show each status change of an outlet exactly once, in order', () => {
    check((messages) => {
      const told = new Map<string, number[]>();
      for (const { box, quantity, values, retained, resumed } of messages) {
        if (quantity !== 'status') continue;
        for (const { index, value } of values) {
          const statuses = told.get(`${box}/${index}`) ?? [];
          told.set(`${box}/${index}`, statuses);
          const isStale = retained && resumed && statuses.length > 0;
          if (index < 10 && !isStale && statuses.at(-1) !== value) statuses.push(value);
        }
      }
      const shown = new Map<string, number[]>();
      for (const { box, outlet, reason, status } of photographsOf(messages)) {
        if (reason !== 'first' && reason !== 'status') continue;
        shown.set(`${box}/${outlet}`, [...(shown.get(`${box}/${outlet}`) ?? []), status]);
      }
      for (const [outlet, statuses] of told) {
        if (!outlet.endsWith('/10')) expect(shown.get(outlet) ?? [], outlet).to.deep.equal(statuses);
      }
    });
  });

  it('leave no value a deadband away for longer than settle max, and no gap longer than the interval, while charging', () => {
    const { settleMaxMs, intervalMs, silentAfterMs } = SHORT_RULES;
    check((messages) => {
      const reducer = new PhotographReducer(SHORT_RULES);
      for (const message of messages) {
        const now = message.receivedAt;
        expireUntil(reducer, now, () => undefined);
        for (const box of boxesOf(reducer)) {
          for (const [outlet, status] of box.status.entries()) {
            const [last, due] = [box.last[outlet], box.due[outlet]];
            if (status !== 2 || last == null) continue;
            if (due != null) expect(now - due.sinceMs).to.be.lessThan(settleMaxMs);
            else {
              const { currentMa, powerFactor, energyJ } = box;
              for (const [value, reference, deadband] of [
                [currentMa[outlet], last.currentMa, SHORT_RULES.currentDeadbandMa],
                [powerFactor[outlet], last.powerFactor, SHORT_RULES.powerFactorDeadband],
                [energyJ[outlet], last.energyJ, SHORT_RULES.energyDeadbandJ],
                [box.voltageV, last.voltageV, SHORT_RULES.voltageDeadbandV],
              ] as const) {
                if (value === undefined || value === UNKNOWN) continue;
                expect(reference).not.to.equal(UNKNOWN);
                expect(Math.abs(value - reference)).to.be.lessThan(deadband);
              }
            }
            const isLive = box.online !== false && now - (box.liveAtMs[outlet] ?? now) < silentAfterMs;
            if (isLive && box.overdue[outlet] !== true && due == null)
              expect(now - last.timeMs).to.be.lessThan(intervalMs);
          }
        }
        reducer.fold(message, () => undefined);
      }
    });
  });

  it('of one outlet have strictly increasing times', () => {
    check((messages) => {
      for (const photographs of byOutlet(photographsOf(messages)).values()) {
        const times = photographs.map(({ timeMs }) => timeMs);
        expect(times).to.deep.equal([...new Set(times)].sort((a, b) => a - b));
      }
    });
  });

  it('are the same when the state is exported, imported and gone on from anywhere', () => {
    fc.assert(
      fc.property(traffic, fc.nat(119), (messages, cut) => {
        expect(photographsOf(messages, { cut })).to.deep.equal(photographsOf(messages));
      }),
      { numRuns: runs(150) },
    );
  });
});
