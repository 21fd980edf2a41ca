import { expect } from 'chai';
import fc from 'fast-check';
import { Receipts } from '../src/mqtt/receipts.ts';
import { Reception } from '../src/mqtt/reception.ts';
import { runs } from './fixture/runs.ts';
import { ModelBroker, type Packet } from './model/session-broker.ts';

const MARKER_TOPIC = 'evida/evida/marker';

type Step = 'publish' | 'deliver' | 'acknowledge' | 'commit' | 'cut' | 'kill';

/**
 * A client of the model broker: a log of which only what is committed outlives a kill, and acknowledgements that leave when
 * everything appended before is committed.
 */
class ModelClient {
  readonly log: { readonly number: number; readonly packetId: number; readonly payload: Buffer }[] = [];
  readonly #broker: ModelBroker;
  #committed = 0;
  #receipts = new Receipts();
  #reception: Reception | undefined;
  #waiting: { packetId: number; needs: number }[] = [];
  #isHeld = false;
  #connections = 0;

  constructor(broker: ModelBroker) {
    this.#broker = broker;
  }

  connect(): void {
    this.#waiting = [];
    this.#isHeld = false;
    const nonce = String(++this.#connections);
    this.#reception = new Reception({
      prefix: '',
      markerTopic: MARKER_TOPIC,
      isSessionKept: this.#connections > 1,
      receipts: this.#receipts,
      gate: { hold: () => this.#hold(), release: () => this.#release() },
      isMarker: (payload) => payload.toString() === nonce,
      onMessage: ({ packetId, payload }) => {
        const copy = Buffer.from(payload);
        this.log.push({ number: this.#broker.numberOf(payload), packetId, payload: copy });
      },
      onDuplicate: () => undefined,
    });
    this.#broker.connect();
    this.#broker.publish(MARKER_TOPIC, nonce);
  }

  receive({ topic, payload, messageId, dup }: Packet): void {
    const flags = { packetId: messageId, isRepeated: dup, isRetained: false };
    this.#reception?.receive({ topic, payload, ...flags });
    this.#waiting.push({ packetId: messageId, needs: this.log.length });
  }

  commit(): void {
    this.#committed = this.log.length;
  }

  /** One acknowledgement reaches the broker, if one may leave; says whether it did. */
  acknowledge(): boolean {
    const [first] = this.#waiting;
    if (first === undefined || this.#isHeld || first.needs > this.#committed) return false;
    this.#waiting.shift();
    this.#broker.acknowledge(first.packetId);
    return true;
  }

  /** Nothing came for so long that nothing will. */
  endHold(): void {
    this.#reception?.endHold();
  }

  /** What is not on disk is gone; the receipts are made from the log again. */
  kill(): void {
    this.log.length = this.#committed;
    this.#receipts = new Receipts();
    for (const { packetId, payload } of this.log) this.#receipts.add(packetId, 'SEbox_1', payload);
  }

  #hold(): void {
    this.#isHeld = true;
  }

  #release(): void {
    this.#isHeld = false;
    for (const waiting of this.#waiting) waiting.needs = this.log.length;
  }
}

function run(broker: ModelBroker, steps: readonly Step[], payloadOf: (number: number) => string): number[] {
  const client = new ModelClient(broker);
  let published = 0;
  const deliver = () => {
    const packet = broker.deliver();
    if (packet !== undefined) client.receive(packet);
    return packet !== undefined;
  };
  const perform: Record<Step, () => unknown> = {
    publish: () => broker.publish('SEbox_1', payloadOf(published++)),
    deliver,
    acknowledge: () => client.acknowledge(),
    commit: () => client.commit(),
    cut: () => client.connect(),
    kill: () => {
      client.kill();
      client.connect();
    },
  };
  client.connect();
  for (const step of steps) perform[step]();
  client.connect();
  while (broker.isBusy) {
    client.commit();
    if (!deliver() && !client.acknowledge()) client.endHold();
  }
  return client.log.map(({ number }) => number);
}

describe('redelivered messages', () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom<Step>('publish', 'deliver', 'deliver', 'acknowledge', 'commit'),
      },
      { weight: 1, arbitrary: fc.constantFrom<Step>('cut', 'kill') },
    ),
    { maxLength: 300, size: 'max' },
  );
  const all = (taken: readonly Step[]) =>
    Array.from({ length: taken.filter((step) => step === 'publish').length }, (_, number) => number);

  it('loses nothing and takes nothing twice, wherever it is cut or killed, also if payloads are equal and packet ids come again', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3 }),
        (taken, window, kinds) => {
          // Ids come again, but not while they are on their way, nor because of markers alone.
          const markers = taken.filter((step) => step === 'cut' || step === 'kill').length + 2;
          const broker = new ModelBroker({ window, packetIds: window + markers, numbering: 'in turn' });
          expect(run(broker, taken, (number) => `0-${number % kinds}`)).to.deep.equal(all(taken));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('does so with a broker that gives the lowest free packet id, as long as payloads differ', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (taken, window) => {
        const broker = new ModelBroker({ window, packetIds: window, numbering: 'lowest free' });
        expect(run(broker, taken, String)).to.deep.equal(all(taken));
      }),
      { numRuns: runs(300) },
    );
  });
});
