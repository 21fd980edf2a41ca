import { expect } from 'chai';
import { decodeBoxId, decodeTopic, topicsOfBox } from './decode-topic.ts';

describe('decodeTopic', () => {
  it('matches the longest prefix: P, PF and PME belong to the same box', () => {
    expect(decodeTopic('PEbox_12')).to.deep.equal({ box: 12, quantity: 'energy' });
    expect(decodeTopic('PFEbox_12')).to.deep.equal({ box: 12, quantity: 'powerFactor' });
    expect(decodeTopic('PMEbox_12')).to.deep.equal({ box: 12, quantity: 'meter' });
  });

  it('knows all topics of a box', () => {
    expect(topicsOfBox(7).map((topic) => decodeTopic(topic)?.quantity)).to.deep.equal([
      'status',
      'current',
      'powerFactor',
      'energy',
      'voltage',
      'meter',
      'command',
    ]);
  });

  it('refuses everything else', () => {
    for (const topic of [
      '',
      'Ebox_1',
      'XEbox_1',
      'SEbox_',
      'SEbox_01',
      'SEbox_1x',
      'SEbox_1234567890',
      'a/SEbox_1',
    ]) {
      expect(decodeTopic(topic), topic).to.equal(undefined);
    }
  });
});

describe('decodeBoxId', () => {
  it('gives the number of a box id', () => {
    expect(decodeBoxId('Ebox_12')).to.equal(12);
    expect(decodeBoxId('Ebox_0')).to.equal(0);
    expect(decodeBoxId('Box_12')).to.equal(undefined);
    expect(decodeBoxId('Ebox_12_3')).to.equal(undefined);
  });
});
