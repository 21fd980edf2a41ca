import type { Quantity } from './reading.ts';

const QUANTITY_OF_PREFIX: ReadonlyMap<string, Quantity> = new Map([
  ['S', 'status'],
  ['A', 'current'],
  ['PF', 'powerFactor'],
  ['P', 'energy'],
  ['V', 'voltage'],
  ['PM', 'meter'],
  ['C', 'command'],
]);

/** The topics of one box, to subscribe to. */
export function topicsOfBox(box: number): string[] {
  return [...QUANTITY_OF_PREFIX.keys()].map((prefix) => `${prefix}Ebox_${box}`);
}

/** Box and quantity of a topic such as `PFEbox_12`, or undefined if it is none of Evida's (domain.md, "Wire protocol"). */
export function decodeTopic(topic: string): { box: number; quantity: Quantity } | undefined {
  const id = topic.indexOf('Ebox_');
  if (id < 1 || id > 2) return undefined;
  const quantity = QUANTITY_OF_PREFIX.get(topic.slice(0, id));
  const box = decodeBoxNumber(topic, id + 5);
  return quantity === undefined || box === undefined ? undefined : { box, quantity };
}

/** The number N of a box id `Ebox_N`, or undefined. */
export function decodeBoxId(uniqueId: string): number | undefined {
  return uniqueId.startsWith('Ebox_') ? decodeBoxNumber(uniqueId, 5) : undefined;
}

/** Digits without a leading zero, at most nine of them: one spelling a box, so that no box has two names. */
function decodeBoxNumber(text: string, start: number): number | undefined {
  const length = text.length - start;
  if (length < 1 || length > 9 || (length > 1 && text.charCodeAt(start) === 48)) return undefined;
  let box = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    box = box * 10 + digit;
  }
  return box;
}
