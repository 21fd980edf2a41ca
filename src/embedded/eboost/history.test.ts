import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import type { PhotographPoint, Point } from '../../../streams/point.ts';
import { isInstalled } from '../fleet/outlet-status.ts';
import { eboostHistory } from './history.ts';
import type { EboostTransaction } from './records.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Local midnights: Ho Chi Minh City is 7 hours ahead. */
const FROM_MS = Date.UTC(2026, 7, 24) - 7 * HOUR_MS;
const TO_MS = FROM_MS + 92 * DAY_MS + 17 * HOUR_MS;
const OPTIONS = { boxes: 20, seed: 1, fromMs: FROM_MS, toMs: TO_MS, timeZone: 'Asia/Ho_Chi_Minh' };

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function isPhotograph(point: Point): point is PhotographPoint {
  return point.measurement === 'photograph';
}

/** "Every valid transaction", as domain.md has it. */
function isValid({ status, wattageConsumedKwh, totalFeeVnd }: EboostTransaction): boolean {
  return status && (wattageConsumedKwh > 0.005 || (wattageConsumedKwh > 0.001 && totalFeeVnd > 0));
}

describe('eboostHistory', () => {
  const history = eboostHistory(OPTIONS);
  const { transactions } = history;
  const points = [...history.points()];
  const photographs = points.filter(isPhotograph);
  const byOutlet = groupBy(photographs, ({ tags }) => `Ebox_${tags.box}_${tags.outlet}`);
  const bills = groupBy(transactions, ({ outletUniqueId }) => outletUniqueId);

  it('follows from the seed', () => {
    const again = eboostHistory(OPTIONS);
    expect(isDeepStrictEqual(again.transactions, transactions)).to.equal(true);
    expect(again.users).to.deep.equal(history.users);
    expect(again.boxes).to.deep.equal(history.boxes);
    expect(isDeepStrictEqual([...again.points()], points)).to.equal(true);
    const other = eboostHistory({ ...OPTIONS, seed: 2 });
    expect(isDeepStrictEqual(other.transactions, transactions)).to.equal(false);
  });

  it('has the size of a real one', () => {
    expect(history.users).to.have.length(300);
    expect(history.boxes.map(({ uniqueId }) => uniqueId).slice(0, 2)).to.deep.equal(['Ebox_10', 'Ebox_11']);
    expect(transactions.length).to.be.within(9_000, 16_000);
    expect(points.length).to.be.within(80_000, 180_000);
    const days = groupBy(transactions, ({ startTimeMs }) =>
      String(Math.floor((startTimeMs - FROM_MS) / DAY_MS)),
    );
    expect(days.size).to.equal(93);
  });

  it('never has two transactions at one outlet at once', () => {
    for (const [outlet, rows] of bills) {
      for (const [index, row] of rows.entries()) {
        const before = rows[index - 1];
        if (before === undefined) continue;
        expect(row.startTimeMs, outlet).to.be.greaterThan(before.endTimeMs ?? before.startTimeMs);
      }
    }
  });

  it('numbers transactions as they were opened, and lets nothing happen outside of its span', () => {
    const isInside = (ms: number): boolean => ms >= FROM_MS && ms <= TO_MS;
    for (const [index, row] of transactions.entries()) {
      const { startTimeMs, endTimeMs, createdAtMs, updatedAtMs } = row;
      expect(row.id).to.equal(index + 1);
      expect(startTimeMs).to.be.at.least(transactions[index - 1]?.startTimeMs ?? FROM_MS);
      expect([startTimeMs, endTimeMs ?? FROM_MS, createdAtMs, updatedAtMs].every(isInside)).to.equal(true);
      expect(history.users[row.userId - 1]?.createdAtMs).to.be.lessThan(startTimeMs);
    }
    expect(points.filter(({ timeMs }) => !isInside(timeMs))).to.deep.equal([]);
  });

  it('bills what the register has counted, within 5 %, while the outlet was charging', () => {
    for (const [outlet, rows] of bills) {
      const taken = byOutlet.get(outlet) ?? [];
      let from = 0;
      for (const { startTimeMs, endTimeMs, wattageConsumedKwh, id } of rows) {
        if (endTimeMs === null) continue;
        while ((taken[from]?.timeMs ?? TO_MS) < startTimeMs) from += 1;
        const within = taken.slice(from).findIndex(({ timeMs }) => timeMs > endTimeMs);
        const charging = taken.slice(from, from + within).filter(({ fields }) => fields.status === 2);
        expect(charging.length, `photographs of ${id}`).to.be.at.least(1);
        const before = taken[from - 1]?.fields.energy_kwh ?? 0;
        const after = taken[from + within]?.fields.energy_kwh ?? 0;
        expect(wattageConsumedKwh / (after - before), `kWh of ${id}`).to.be.within(0.95, 1.05);
      }
    }
  });

  it('photographs an outlet by the rules: in order, each 30 min while charging, each 24 h otherwise', () => {
    // A hundred thousand assertions would take seconds.
    const broken: string[] = [];
    const check = (holds: boolean, rule: string, photograph: PhotographPoint): void => {
      if (!holds) broken.push(`${rule}: ${JSON.stringify(photograph)}`);
    };
    for (const taken of byOutlet.values()) {
      for (const [index, photograph] of taken.entries()) {
        const { timeMs, fields } = photograph;
        const before = taken[index - 1];
        check((fields.reason === 'first') === (before === undefined), 'first', photograph);
        if (before === undefined) continue;
        const sinceMs = timeMs - before.timeMs;
        check(sinceMs > 0, 'in order', photograph);
        const grows = (fields.energy_kwh ?? 0) >= (before.fields.energy_kwh ?? 0);
        check(grows || fields.register_reset === true, 'energy grows', photograph);
        const isStatus = fields.status !== before.fields.status;
        check(isStatus === (fields.reason === 'status'), 'status', photograph);
        // An outage delays what falls due in it.
        const mostMs = before.fields.status === 2 ? 30 * 60_000 + 2_500 : 25.1 * HOUR_MS;
        check(sinceMs <= mostMs, 'interval', photograph);
        if (fields.reason === 'interval') check(sinceMs === 30 * 60_000, 'exactly', photograph);
        const fellA = (before.fields.current_a ?? 0) - (fields.current_a ?? 0);
        if (fields.reason === 'change') check(fellA >= 1, 'deadband', photograph);
      }
    }
    expect(broken.slice(0, 5)).to.deep.equal([]);
    expect(new Set(photographs.map(({ fields }) => fields.reason))).to.include.all.keys(
      'first',
      'status',
      'interval',
      'change',
      'idle',
    );
  });

  it('ends with every outlet free, at the register that the live fleet goes on from', () => {
    for (const [outlet, taken] of byOutlet) {
      const [, box = Number.NaN, index = Number.NaN] = outlet.split('_').map(Number);
      const last = taken.at(-1)?.fields;
      expect(last?.status).to.equal(isInstalled(OPTIONS.seed, box, index) ? 0 : 6);
      expect(last?.energy_kwh).to.be.closeTo(history.energyAtEndJ(box, index) / 3.6e6, 1e-9);
    }
  });

  it('knows online and silent of each box at the start, at local midnights and around outages', () => {
    const connections = points.filter(({ measurement }) => measurement === 'connection');
    const first = connections.filter(({ tags }) => 'box' in tags && tags.box === 10);
    expect(first.filter(({ timeMs }) => (timeMs - FROM_MS) % DAY_MS === 0)).to.have.length(93);
    expect(first[0]).to.deep.include({ timeMs: FROM_MS, fields: { online: true, silent: false } });
    const states = new Set(connections.map(({ fields }) => JSON.stringify(fields)));
    expect(states).to.have.all.keys(
      '{"online":true,"silent":false}',
      '{"online":false,"silent":false}',
      '{"online":false,"silent":true}',
    );
  });

  it('has customers who come at least ten times in each full month', () => {
    const events = groupBy(transactions.filter(isValid), ({ userId, startTimeMs }) =>
      JSON.stringify([userId, new Date(startTimeMs + 7 * HOUR_MS).toISOString().slice(0, 7)]),
    );
    const loyal = history.users.filter(({ id }) =>
      ['2026-09', '2026-10'].every((month) => (events.get(JSON.stringify([id, month]))?.length ?? 0) >= 10),
    );
    expect(loyal.length).to.be.within(30, 250);
  });

  it('has what makes billing hard: open, unpaid, tiny, discounted, corrected, rows that share updated_at', () => {
    const count = (is: (row: EboostTransaction) => boolean): number => transactions.filter(is).length;
    expect(count(({ status }) => !status)).to.be.within(3, 50);
    expect(count(({ status, paid }) => status && !paid)).to.be.greaterThan(50);
    expect(count((row) => row.status && !isValid(row))).to.be.greaterThan(20);
    expect(count((row) => isValid(row) && row.wattageConsumedKwh <= 0.005)).to.be.greaterThan(5);
    expect(count(({ promotionCode }) => promotionCode !== null)).to.be.greaterThan(100);
    expect(count(({ discountAmountVnd }) => discountAmountVnd > 0)).to.be.greaterThan(100);
    expect(
      count(({ endTimeMs, updatedAtMs }) => endTimeMs !== null && updatedAtMs > endTimeMs + DAY_MS),
    ).to.be.greaterThan(20);
    const shared = [...groupBy(transactions, ({ updatedAtMs }) => String(updatedAtMs)).values()];
    expect(shared.filter(({ length }) => length >= 3).length).to.be.greaterThan(3);
    for (const row of transactions) {
      expect(row.totalFeeVnd).to.be.at.least(0);
      expect(Number.isInteger(row.totalFeeVnd)).to.equal(true);
    }
  });

  it('is busier in the evening than at night', () => {
    const hours = groupBy(transactions, ({ startTimeMs }) =>
      String(new Date(startTimeMs + 7 * HOUR_MS).getUTCHours()),
    );
    expect(hours.get('19')?.length ?? 0).to.be.greaterThan(5 * (hours.get('3')?.length ?? 0));
  });
});
