import { expect } from 'chai';
import type { Ending } from './connection.ts';
import { ProtocolChoice } from './protocol-choice.ts';

const CLOSED: Ending = { by: 'closed', reason: 'closed' };
const FAILED: Ending = { by: 'failed', reason: 'connect ECONNREFUSED' };
const refused = (code: number): Ending => ({ by: 'refused', reason: 'refused', code });

/** The version after each of these endings. */
function versionsAfter(choice: ProtocolChoice, endings: readonly Ending[]): number[] {
  return endings.map((ending) => {
    choice.consider(ending);
    return choice.version;
  });
}

describe('ProtocolChoice', () => {
  it('begins with MQTT 5, and goes on with 3.1.1 when the broker does not know it', () => {
    expect(new ProtocolChoice().version).to.equal(5);
    for (const code of [1, 132]) {
      expect(versionsAfter(new ProtocolChoice(), [refused(code)])).to.deep.equal([4]);
    }
  });

  it('tries 3.1.1 when the broker closes twice without an answer, and 5 again if it does so on that, too', () => {
    const endings = [CLOSED, CLOSED, CLOSED, CLOSED, CLOSED];
    expect(versionsAfter(new ProtocolChoice(), endings)).to.deep.equal([5, 4, 5, 5, 4]);
  });

  it('keeps a version that has worked', () => {
    const newer = new ProtocolChoice();
    newer.prove();
    expect(versionsAfter(newer, [CLOSED, CLOSED, CLOSED])).to.deep.equal([5, 5, 5]);
    const older = new ProtocolChoice();
    older.consider(refused(1));
    older.prove();
    expect(versionsAfter(older, [CLOSED, CLOSED, CLOSED])).to.deep.equal([4, 4, 4]);
  });

  it('does not take a broker that is away, or refuses who it is, for an old one', () => {
    const endings = [FAILED, FAILED, refused(5), refused(135)];
    expect(versionsAfter(new ProtocolChoice(), endings)).to.deep.equal([5, 5, 5, 5]);
  });
});
