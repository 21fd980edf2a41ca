import { expect } from 'chai';
import fc from 'fast-check';
import { writeVariableLength } from '../../test/fixture/variable-length.ts';
import { readPublish } from './publish-packet.ts';

interface Written {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly packetId: number;
  readonly isRepeated: boolean;
  readonly isRetained: boolean;
  /** Of MQTT 5: what stands in the place of the properties, without its length. */
  readonly properties?: Uint8Array;
}

function two(value: number): number[] {
  return [value >> 8, value & 0xff];
}

/** A PUBLISH packet, by the tables of the standard. */
function write({ topic, payload, qos, packetId, isRepeated, isRetained, properties }: Written): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    Buffer.from(two(name.length)),
    name,
    Buffer.from(qos === 0 ? [] : two(packetId)),
    Buffer.from(properties === undefined ? [] : writeVariableLength(properties.length)),
    properties ?? Buffer.alloc(0),
    payload,
  ]);
  const flags = 0x30 | (isRepeated ? 8 : 0) | (qos << 1) | (isRetained ? 1 : 0);
  return Buffer.concat([Buffer.from([flags, ...writeVariableLength(body.length)]), body]);
}

const anyMessage = fc.record({
  topic: fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
  payload: fc.uint8Array({ maxLength: 20_000, size: 'max' }),
  qos: fc.constantFrom(0, 1),
  packetId: fc.integer({ min: 1, max: 65_535 }),
  isRepeated: fc.boolean(),
  isRetained: fc.boolean(),
});
const PLAIN: Written = {
  topic: 'SEbox_12',
  payload: Buffer.from('0-1'),
  qos: 1,
  packetId: 7,
  isRepeated: false,
  isRetained: false,
};

describe('readPublish', () => {
  it('reads what was written, wherever it stands, with MQTT 3.1.1 and with any properties of MQTT 5', () => {
    const anyProperties = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });
    fc.assert(
      fc.property(anyMessage, anyProperties, fc.nat(20), (message, properties, before) => {
        const packet = write({ ...message, ...(properties && { properties }) });
        const bytes = Buffer.concat([Buffer.alloc(before, 0xff), packet, Buffer.alloc(9, 0xff)]);
        const version = properties === undefined ? 4 : 5;
        expect(readPublish(bytes, before, before + packet.length, version)).to.deep.equal({
          topic: message.topic,
          payload: Buffer.from(message.payload),
          packetId: message.qos === 0 ? 0 : message.packetId,
          isRepeated: message.isRepeated,
          isRetained: message.isRetained,
        });
      }),
    );
  });

  it('refuses QoS 2, the packet id 0, and an alias in place of a topic', () => {
    const refusal = (changes: Partial<Written>) => () => {
      const packet = write({ ...PLAIN, ...changes });
      readPublish(packet, 0, packet.length, changes.properties === undefined ? 4 : 5);
    };
    expect(refusal({ qos: 2 })).to.throw(RangeError, 'QoS 2');
    expect(refusal({ qos: 3 })).to.throw(RangeError, 'QoS 3');
    expect(refusal({ packetId: 0 })).to.throw(RangeError, 'packet id 0');
    expect(refusal({ topic: '', properties: Buffer.from([0x23, 0, 1]) })).to.throw(RangeError, 'topic');
  });

  it('refuses a packet whose parts reach beyond its end, whatever stands behind it', () => {
    const packet = write({ ...PLAIN, payload: Buffer.alloc(0), properties: Buffer.alloc(200) });
    const behind = Buffer.concat([packet, Buffer.alloc(300, 1)]);
    for (let end = 1; end < packet.length; end++) {
      expect(() => readPublish(behind, 0, end, 5), `${end} bytes`).to.throw(RangeError);
    }
    expect(readPublish(behind, 0, packet.length, 5).packetId).to.equal(7);
  });
});
