import { expect } from 'chai';
import { doByLedger, isDue } from '../src/services/backup/by-ledger.ts';
import { Backups } from '../src/services/open-backup.ts';
import { useWorld } from './fixture/world.ts';

const HOUR_MS = 3_600_000;
const NIGHT = Date.parse('2026-10-01T17:00:00Z');

describe('backup, by the ledger', function () {
  this.timeout(60_000);
  const world = useWorld();
  const { signal } = new AbortController();
  const work = (result: string) => async () => await Promise.resolve({ result, count: 1 });

  it('misses nothing before it was first there, and is due when its schedule has rung since', async () => {
    const { database } = world();
    expect(await isDue(database, 'backup', NIGHT, NIGHT + HOUR_MS)).to.equal(false);
    expect(await isDue(database, 'backup', NIGHT, NIGHT - HOUR_MS)).to.equal(true);
  });

  it('is done once for each time that its schedule rings, and a night that was slept through is made up once', async () => {
    const { database } = world();
    await doByLedger(database, 'backup', NIGHT, signal, work('first'));
    expect(await isDue(database, 'backup', NIGHT, NIGHT + HOUR_MS)).to.equal(false);
    const threeNightsOn = NIGHT + 72 * HOUR_MS;
    expect(await isDue(database, 'backup', threeNightsOn, threeNightsOn + HOUR_MS)).to.equal(true);
    await doByLedger(database, 'backup', threeNightsOn, signal, work('made up'));
    expect(await isDue(database, 'backup', threeNightsOn, threeNightsOn + HOUR_MS)).to.equal(false);
    expect(await isDue(database, 'backup', NIGHT, 0), 'a clock that went back').to.equal(false);
  });

  it('keeps a failure in the ledger with its reason, is due again, and forgets it when it has been made up', async () => {
    const { database } = world();
    const night = NIGHT + 96 * HOUR_MS;
    const failure = await doByLedger(database, 'backup', night, signal, () =>
      Promise.reject(new Error('no room')),
    ).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    const states = async () =>
      (await database.query(`SELECT state, error FROM job_run WHERE job = 'backup' AND state <> 'done'`))
        .rows;
    expect(await states()).to.deep.equal([{ state: 'failed', error: 'no room' }]);
    expect(await isDue(database, 'backup', night, night + HOUR_MS)).to.equal(true);
    await doByLedger(database, 'backup', night + 24 * HOUR_MS, signal, work('the next night'));
    expect(await states()).to.deep.equal([]);
  });

  it('never runs twice at once, whoever asks', async () => {
    const { config, database, log } = world();
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await database.query('SELECT pg_sleep(0.2)');
      running--;
      return { result: 'done', count: 1 };
    };
    const night = NIGHT + 200 * HOUR_MS;
    await Promise.all([
      doByLedger(database, 'backup', night, signal, slow),
      doByLedger(database, 'rehearsal', night, signal, slow),
    ]);
    expect(most).to.equal(1);
    const both = new Backups(config(), database, log);
    const results = await Promise.all([both.run(signal), new Backups(config(), database, log).run(signal)]);
    const made = results.flatMap((result) => ('backup' in result ? [result.backup] : []));
    expect([...made].sort()).to.deep.equal(made.map((_, index) => index + 1));
    expect(await both.isDue('backup')).to.equal(false);
  });
});
