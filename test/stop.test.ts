import { expect } from 'chai';
import { until } from '../src/embedded/until.ts';
import { inTransaction } from '../src/postgres/database.ts';
import { Evida } from '../src/services/evida.ts';
import { useWorld } from './fixture/world.ts';

describe('stopping Evida', function () {
  this.timeout(20_000);
  const world = useWorld();

  it('ends a start that waits for an analysis of somebody else, at once and for good', async () => {
    const evida = new Evida(world().config({ ROLES: 'analysis,backup' }), world().log);
    await inTransaction(world().database, async (holder) => {
      // What an analysis holds while it runs: sources of the lock's number in run-analysis.ts.
      await holder.query('SELECT pg_advisory_xact_lock(7305422002)');
      const started = evida.start().then(
        () => 'started',
        (error: unknown) => String(error),
      );
      const isWaiting = async () => {
        const waiting = `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
                          WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()`;
        return (
          (await world().eboost.query(waiting.replace('current_database()', '$1'), [await name()]))
            .rowCount === 1
        );
      };
      const name = async () => (await holder.query('SELECT current_database() AS name')).rows[0].name;
      expect(await until(isWaiting, 10_000)).to.equal(true);
      await evida.stop();
      expect(await started).to.contain('Evida stops');
    });
  });

  it('is harmless before it has started', async () => {
    await new Evida(world().config(), world().log).stop();
  });
});
