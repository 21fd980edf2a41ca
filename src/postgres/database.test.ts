import { expect } from 'chai';
import { useWorld } from '../../test/fixture/world.ts';
import { EvidaError } from '../errors.ts';
import { inTransaction } from './database.ts';

describe('inTransaction', () => {
  const world = useWorld();
  const rows = async () => (await world().database.query('SELECT box FROM charging_event_day')).rows;
  const INSERT = `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 1, 1, 1, 1, 1, 1, 1)`;

  it('does nothing at all if its work fails, and gives the error as it is', async () => {
    const failure = new Error('no luck');
    const work = inTransaction(world().database, async (connection) => {
      await connection.query(INSERT);
      throw failure;
    });
    expect(await work.catch((error: unknown) => error)).to.equal(failure);
    expect(await rows()).to.deep.equal([]);
  });

  it('fails, and the process lives on, when the server ends the connection in the middle', async () => {
    const work = inTransaction(world().database, async (connection) => {
      await connection.query(INSERT);
      const { rows } = await connection.query('SELECT pg_backend_pid() AS pid');
      await world().eboost.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      await connection.query('SELECT 1');
    });
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(EvidaError).with.property('code', 'POSTGRES_UNAVAILABLE');
    expect(await rows()).to.deep.equal([]);
  });

  it('gives up at once when it is told to, also while it waits for a lock, and leaves nothing', async () => {
    const reason = new Error('stopped');
    const stopping = new AbortController();
    await inTransaction(world().database, async (holder) => {
      await holder.query('SELECT pg_advisory_xact_lock(1)');
      const work = inTransaction(
        world().database,
        async (connection) => {
          await connection.query(INSERT);
          setImmediate(() => stopping.abort(reason));
          await connection.query('SELECT pg_advisory_xact_lock(1)');
        },
        stopping.signal,
      );
      expect(await work.catch((error: unknown) => error)).to.equal(reason);
    });
    expect(await rows()).to.deep.equal([]);
  });
});
