import { createCipheriv, createDecipheriv, createHmac, type DecipherGCM, hkdfSync } from 'node:crypto';
import { Transform } from 'node:stream';
import { EvidaError } from '../../errors.ts';

const MAGIC = Buffer.from('EVB1');
const SALT_BYTES = 32;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Each content has a key of its own, which is used once: the nonce needs not differ. */
const NONCE = Buffer.alloc(12);

/**
 * AES-256-GCM with a key for each content, derived from the key of the backups and the content: the same content under the
 * same name is the same bytes, so it is recognised in storage, and no nonce is used twice. A blob is bound to its name.
 */
export class Encryption {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param text 32 bytes in base64 or hex. @throws EvidaError BACKUP_KEY */
  static withKey(text: string): Encryption {
    const given = text.trim();
    const key = /^[0-9a-f]{64}$/i.test(given) ? Buffer.from(given, 'hex') : Buffer.from(given, 'base64');
    if (key.length === KEY_BYTES) return new Encryption(key);
    throw new EvidaError('BACKUP_KEY', {
      operation: 'reading BACKUP_KEY_FILE',
      problem: 'it does not hold 32 bytes in base64 or hex',
      hint: 'Make a key: openssl rand -base64 32',
    });
  }

  /** What stands for the hash of a content where others can see it: it does not tell them what they can guess. */
  conceal(contentHash: string): string {
    return createHmac('sha256', this.#key).update(`name ${contentHash}`).digest('hex');
  }

  /** @param contentHash of all that will pass through */
  encrypt(name: string, contentHash: string): Transform {
    const salt = createHmac('sha256', this.#key).update(`${name}\n${contentHash}`).digest();
    const cipher = createCipheriv('aes-256-gcm', this.#keyOf(salt), NONCE).setAAD(Buffer.from(name));
    let isBegun = false;
    const begin = (into: Transform): void => {
      if (!isBegun) into.push(Buffer.concat([MAGIC, salt]));
      isBegun = true;
    };
    return new Transform({
      transform(chunk, _encoding, done) {
        begin(this);
        done(null, cipher.update(chunk));
      },
      flush(done) {
        begin(this);
        this.push(cipher.final());
        done(null, cipher.getAuthTag());
      },
    });
  }

  /** Fails at the end with BACKUP_KEY if the key, the name or a byte is another one: until then, nothing may be believed. */
  decrypt(name: string): Transform {
    const keyOf = (salt: Buffer) => this.#keyOf(salt);
    let decipher: DecipherGCM | undefined;
    let held = Buffer.alloc(0);
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        held = Buffer.concat([held, chunk]);
        if (decipher === undefined) {
          if (held.length < MAGIC.length + SALT_BYTES) return done();
          if (!held.subarray(0, MAGIC.length).equals(MAGIC))
            return done(wrongKey(name, 'it is not encrypted'));
          const salt = held.subarray(MAGIC.length, MAGIC.length + SALT_BYTES);
          decipher = createDecipheriv('aes-256-gcm', keyOf(salt), NONCE);
          decipher.setAAD(Buffer.from(name));
          held = held.subarray(MAGIC.length + SALT_BYTES);
        }
        // The last bytes are the tag, and only the end tells which are the last.
        const ready = held.subarray(0, Math.max(0, held.length - TAG_BYTES));
        held = held.subarray(ready.length);
        done(null, decipher.update(ready));
      },
      flush(done) {
        if (decipher === undefined || held.length < TAG_BYTES) return done(wrongKey(name, 'it is cut off'));
        try {
          decipher.setAuthTag(held);
          done(null, decipher.final());
        } catch {
          done(wrongKey(name, 'it was encrypted with another key, or changed'));
        }
      },
    });
  }

  #keyOf(salt: Buffer): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, salt, 'evida backup blob', KEY_BYTES));
  }
}

function wrongKey(name: string, problem: string): EvidaError {
  return new EvidaError('BACKUP_KEY', {
    operation: `decrypting ${name}`,
    problem,
    hint: 'BACKUP_KEY_FILE must hold the key of the backup. If evida backup list reads others, this one is damaged: --at restores an earlier one.',
  });
}
