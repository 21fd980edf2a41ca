import type { Random } from '../../src/embedded/fleet/random.ts';

export interface Poison {
  readonly topic: string;
  readonly payload: Buffer;
}

const TOPICS = ['S', 'A', 'PF', 'P', 'V', 'PM', 'C'] as const;
type Prefix = (typeof TOPICS)[number];
const HUGE_BYTES = 2 ** 20;

/** Payloads of which no pair can be used on any topic, by construction: they have no dash, comma or digit in its place. */
const UNUSABLE: readonly ((random: Random) => Buffer)[] = [
  () => Buffer.alloc(0),
  () => Buffer.from(' \r\n\t'),
  () => Buffer.from(',,,'),
  (random) => Buffer.from(`${random.whole(11, 99)}-1`),
  (random) => Buffer.from(`${random.whole(0, 9)}-NaN`),
  (random) => Buffer.from(`${random.whole(0, 9)}-1e3`),
  (random) => Buffer.from(`${random.whole(0, 9)}--`),
  (random) => Buffer.from(`${random.whole(0, 9)}-99999999999999999999`),
  (random) => Buffer.from(`{"status":${random.whole(0, 9)}}`),
  // No UTF-8: a continuation byte without a beginning, and an overlong form.
  (random) => Buffer.from([0x80 + random.whole(0, 63), 0xc0, 0xaf, 0xff]),
  (random) => letters(random, random.whole(1, 300)),
  (random) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), letters(random, 20)]),
];

/** @param boxes whose topics get it, and whose readings it must not change */
export function* unusablePoison(random: Random, boxes: readonly number[], count: number): Generator<Poison> {
  for (let made = 0; made < count; made += 1) {
    const make = UNUSABLE[random.whole(0, UNUSABLE.length - 1)];
    const topic = topicOf(random, boxes);
    // A few of a MiB: the broker takes them, and so must whoever listens.
    const payload = made % 1000 === 7 ? letters(random, HUGE_BYTES) : make?.(random);
    if (payload !== undefined) yield { topic, payload };
  }
}

/** Anything at all: good payloads with some bytes changed, cut, repeated, or nothing but random bytes. */
export function* fuzzedPoison(random: Random, box: number, count: number): Generator<Poison> {
  for (let made = 0; made < count; made += 1) {
    const prefix = TOPICS[random.whole(0, TOPICS.length - 1)] ?? 'S';
    yield { topic: `${prefix}Ebox_${box}`, payload: mutated(random, goodPayload(random, prefix)) };
  }
}

function topicOf(random: Random, boxes: readonly number[]): string {
  return `${TOPICS[random.whole(0, TOPICS.length - 1)]}Ebox_${boxes[random.whole(0, boxes.length - 1)]}`;
}

function goodPayload(random: Random, prefix: Prefix): Buffer {
  if (prefix === 'V') return Buffer.from(`x-${random.whole(210, 240)}`);
  if (prefix === 'PM') return Buffer.from('230,12.5,0,0.97,8123.4');
  if (prefix === 'C') return Buffer.from(`C${random.whole(0, 9)}1`);
  return Buffer.from(Array.from({ length: 10 }, (_, index) => `${index}-${random.whole(0, 12)}`).join(','));
}

function mutated(random: Random, good: Buffer): Buffer {
  const bytes = Buffer.from(good);
  switch (random.whole(0, 4)) {
    case 0:
      return bytes.subarray(0, random.whole(0, bytes.length));
    case 1:
      return Buffer.concat([bytes, bytes.subarray(random.whole(0, bytes.length))]);
    case 2:
      return Buffer.from(Array.from({ length: random.whole(0, 200) }, () => random.whole(0, 255)));
    default:
      for (let change = random.whole(1, 4); change > 0; change -= 1) {
        bytes[random.whole(0, bytes.length - 1)] = random.whole(0, 255);
      }
      return bytes;
  }
}

function letters(random: Random, length: number): Buffer {
  const text = 'abcdefghijklmnopqrstuvwxyzäöü☃ ';
  const some = Array.from(
    { length: Math.min(length, 64) },
    () => text[random.whole(0, text.length - 1)],
  ).join('');
  return Buffer.alloc(length, `q${some}`);
}
