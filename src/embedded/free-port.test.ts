import { expect } from 'chai';
import { EvidaError } from '../errors.ts';
import { onFreePort } from './free-port.ts';

describe('onFreePort', () => {
  const startFailure = (problem: string) =>
    new EvidaError('EMBEDDED_START', { operation: 'starting it', problem });

  it('tries another port if somebody else was faster', async () => {
    const tried: number[] = [];
    const started = await onFreePort((port) => {
      tried.push(port);
      return tried.length === 1
        ? Promise.reject(startFailure('bind: Address already in use'))
        : Promise.resolve(port);
    });
    expect(tried).to.have.length(2);
    expect(started).to.equal(tried[1]);
  });

  it('gives up after five ports, and at once for any other reason', async () => {
    for (const { problem, attempts } of [
      { problem: 'Address already in use', attempts: 5 },
      { problem: 'no space left on device', attempts: 1 },
    ]) {
      let tried = 0;
      const error = await onFreePort(() => {
        tried += 1;
        return Promise.reject(startFailure(problem));
      }).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'EMBEDDED_START');
      expect(tried).to.equal(attempts);
    }
  });
});
