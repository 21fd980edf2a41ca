import { expect } from 'chai';
import * as fc from 'fast-check';
import { crc32c } from './crc32c.ts';

describe('crc32c', () => {
  it('gives what RFC 3720 says', () => {
    expect(crc32c(Buffer.alloc(32, 0x00))).to.equal(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).to.equal(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).to.equal(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).to.equal(0x113fdb5c);
    expect(crc32c(Buffer.from('123456789'))).to.equal(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).to.equal(0);
  });

  it('is the same over a part of a buffer as over its copy, and in two steps as in one', () => {
    return fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100), (bytes, one, other) => {
        const start = Math.min(one, other, bytes.length);
        const end = Math.min(Math.max(one, other), bytes.length);
        const whole = crc32c(bytes.slice(start, end));
        expect(crc32c(bytes, start, end)).to.equal(whole);
        const middle = Math.floor((start + end) / 2);
        expect(crc32c(bytes, middle, end, crc32c(bytes, start, middle))).to.equal(whole);
      }),
    );
  });
});
