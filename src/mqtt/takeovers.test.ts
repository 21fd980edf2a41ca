import { expect } from 'chai';
import type { Ending } from './connection.ts';
import { Takeovers } from './takeovers.ts';

const TOLD: Ending = { by: 'disconnected', reason: 'Session taken over', code: 0x8e };
const CLOSED: Ending = { by: 'closed', reason: 'closed' };

/** Ends of connections that lasted so long, ms, each at its second. */
function note(takeovers: Takeovers, ending: Ending, seconds: readonly number[], lastedMs = 100): string[] {
  return seconds.map((second) => {
    const endedAt = 1_000_000 + second * 1000;
    return takeovers.note(ending, { acceptedAt: endedAt - lastedMs, endedAt });
  });
}

describe('Takeovers', () => {
  it('is sure when the broker has told it three times in a minute', () => {
    expect(note(new Takeovers(), TOLD, [0, 30, 60])).to.deep.equal(['no', 'no', 'yes']);
    expect(note(new Takeovers(), TOLD, [0, 30, 61, 90])).to.deep.equal(['no', 'no', 'no', 'yes']);
    expect(note(new Takeovers(), TOLD, [0, 1, 2], 600_000)).to.deep.equal(['no', 'no', 'yes']);
  });

  it('guesses it from three connections in a minute that the broker closed as soon as it had accepted them', () => {
    expect(note(new Takeovers(), CLOSED, [0, 30, 60], 2000)).to.deep.equal(['no', 'no', 'probably']);
    expect(note(new Takeovers(), CLOSED, [0, 30, 60], 2001)).to.deep.equal(['no', 'no', 'no']);
  });

  it('does not guess it from a broker that was away between them', () => {
    const takeovers = new Takeovers();
    note(takeovers, CLOSED, [0, 1]);
    takeovers.excuse();
    expect(note(takeovers, CLOSED, [2, 3, 4])).to.deep.equal(['no', 'no', 'probably']);
  });

  it('does not guess it when a connection held between them', () => {
    const takeovers = new Takeovers();
    note(takeovers, CLOSED, [0, 1]);
    note(takeovers, CLOSED, [5], 3000);
    expect(note(takeovers, CLOSED, [6, 7])).to.deep.equal(['no', 'no']);
  });

  it('has other reasons for connections that failed, or that Evida itself ended', () => {
    const takeovers = new Takeovers();
    for (const by of ['failed', 'ours', 'refused', 'not taken', 'disconnected'] as const) {
      expect(note(takeovers, { by, reason: '' }, [0, 1, 2])).to.deep.equal(['no', 'no', 'no']);
    }
  });

  it('counts for no longer when the clock is set back', () => {
    const takeovers = new Takeovers();
    note(takeovers, TOLD, [1000, 1001]);
    expect(note(takeovers, TOLD, [0])).to.deep.equal(['no']);
  });
});
