import { expect } from 'chai';
import { Receipts } from './receipts.ts';
import { Redelivery, type Verdict } from './redelivery.ts';

const MIB = 1024 * 1024;

/** `3a`: packet id 3, payload "a"; an exclamation mark behind it is the DUP flag. */
function message(text: string) {
  const [, id, value, dup] = /^(\d+)(\w+)(!?)$/.exec(text) ?? [];
  return {
    text,
    packetId: Number(id),
    topic: 'SEbox_1',
    payload: Buffer.from(value ?? ''),
    isRepeated: dup === '!',
  };
}

type Shown = ReturnType<typeof message>;

function receiptsOf(...texts: readonly string[]): Receipts {
  const receipts = new Receipts();
  for (const { packetId, topic, payload } of texts.map(message)) receipts.add(packetId, topic, payload);
  return receipts;
}

/** What is decided at each message: `.` held, `=N` so many copies, else those that are new. */
function judge(redelivery: Redelivery<Shown>, texts: readonly string[]): string[] {
  return texts.map((text) => (redelivery.isOver ? 'over' : show(redelivery.take(message(text)))));
}

function show(verdict: Verdict<Shown>): string {
  if (verdict.isHeld) return '.';
  return verdict.copies > 0 ? `=${verdict.copies}` : verdict.fresh.map(({ text }) => text).join(' ');
}

describe('Redelivery', () => {
  it('takes a run that reaches the end of what was received for copies', () => {
    const redelivery = new Redelivery<Shown>(receiptsOf('1a', '2b', '3c'), true);
    expect(judge(redelivery, ['2b!', '3c!', '4d!'])).to.deep.equal(['.', '=2', 'over']);
  });

  it('takes the whole of what was received for copies, if none of it was acknowledged in time', () => {
    expect(judge(new Redelivery<Shown>(receiptsOf('1a', '2b'), true), ['1a!', '2b!'])).to.deep.equal([
      '.',
      '=2',
    ]);
  });

  it('takes a run that breaks off for new messages, in their order, and all that follows', () => {
    const redelivery = new Redelivery<Shown>(receiptsOf('1a', '2b', '3c'), true);
    expect(judge(redelivery, ['1a!', '2x!', '3c!'])).to.deep.equal(['.', '1a! 2x!', 'over']);
  });

  it('takes a message without DUP for the end of the run, even if it is equal', () => {
    const redelivery = new Redelivery<Shown>(receiptsOf('1a', '2b', '3c'), true);
    expect(judge(redelivery, ['1a!', '2b', '3c!'])).to.deep.equal(['.', '1a! 2b', 'over']);
  });

  it('takes a first message that nobody knows for a new one', () => {
    expect(judge(new Redelivery<Shown>(receiptsOf('1a'), true), ['2b!', '1a!'])).to.deep.equal([
      '2b!',
      'over',
    ]);
    expect(judge(new Redelivery<Shown>(receiptsOf('1a'), true), ['1a'])).to.deep.equal(['1a']);
  });

  it('begins at the last message of a packet id that was used again', () => {
    const receipts = receiptsOf('1a', '2b', '1a', '2c');
    expect(judge(new Redelivery<Shown>(receipts, true), ['1a!', '2c!'])).to.deep.equal(['.', '=2']);
  });

  it('takes what is held for new when nothing more is sent again', () => {
    const redelivery = new Redelivery<Shown>(receiptsOf('1a', '2b', '3c'), true);
    expect(judge(redelivery, ['1a!', '2b!'])).to.deep.equal(['.', '.']);
    expect(redelivery.end().map(({ text }) => text)).to.deep.equal(['1a!', '2b!']);
    expect(redelivery.isOver).to.equal(true);
    expect(redelivery.end()).to.deep.equal([]);
  });

  it('takes everything for new in a session that the broker has not kept, and after nothing was received', () => {
    expect(new Redelivery<Shown>(receiptsOf('1a'), false).isOver).to.equal(true);
    expect(new Redelivery<Shown>(receiptsOf(), true).isOver).to.equal(true);
  });

  it('holds no more than 64 MiB: rather twice than not at all', () => {
    const receipts = new Receipts();
    const payload = Buffer.alloc(MIB);
    const messages = Array.from({ length: 80 }, (_, n) => {
      return { text: '', packetId: n + 1, topic: 'SEbox_1', payload, isRepeated: true };
    });
    for (const { packetId, topic } of messages) receipts.add(packetId, topic, payload);
    const redelivery = new Redelivery(receipts, true);
    const held = messages.findIndex((each) => !redelivery.take(each).isHeld);
    expect(held).to.equal(64);
    expect(redelivery.isOver).to.equal(true);
  });
});
