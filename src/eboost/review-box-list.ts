import { decodeBoxId } from '../../streams/decode-topic.ts';
import type { EboostBox } from './api.ts';

/** So many complete lists in a row must lack a box before it is removed: one may have been read amid a change. */
const REMOVED_AFTER_LISTS = 2;
/** A list that lacks more than 1 in so many of the known boxes is refused: more than 20 %. */
const MOST_LOST = 5;

/** A box as Eboost lists it, in Evida's words. */
export interface ListedBox {
  readonly number: number;
  readonly name: string | null;
  readonly city: string | null;
  readonly district: string | null;
  /** Whether Eboost has it in service; it is listened to all the same. Null if Eboost does not say. */
  readonly inService: boolean | null;
}

/** A box that is listened to. Times are ms UTC. */
export interface KnownBox extends ListedBox {
  readonly listedSinceMs: number;
  /** How many complete lists in a row have lacked it, and when the first of them was read. */
  readonly missingLists: number;
  readonly missingSinceMs: number | null;
}

/** What a list makes of the boxes known so far; both kinds give them in the order of their numbers. */
export type BoxListReview =
  | {
      readonly kind: 'taken';
      readonly boxes: readonly KnownBox[];
      readonly added: readonly number[];
      readonly removed: readonly number[];
    }
  | { readonly kind: 'refused'; readonly boxes: readonly KnownBox[]; readonly missing: readonly number[] };

/** The boxes of a list whose ids Evida knows how to listen to, and the ids of the others. */
export function nameBoxes(boxes: readonly EboostBox[]): {
  readonly listed: readonly ListedBox[];
  readonly unknownIds: readonly string[];
} {
  const listed: ListedBox[] = [];
  const unknownIds: string[] = [];
  for (const { uniqueId, name, city, district, status } of boxes) {
    const number = decodeBoxId(uniqueId);
    if (number === undefined) unknownIds.push(uniqueId);
    else {
      listed.push({
        number,
        name: name ?? null,
        city: city?.name ?? null,
        district: district?.name ?? null,
        inService: status ?? null,
      });
    }
  }
  return { listed, unknownIds };
}

/**
 * What a complete list changes (domain.md, "Eboost"): boxes are added at once, and removed after two lists in a row
 * without them; a list that lacks more than 20 % of the known boxes changes nothing, except that a box which it does
 * list is not missing.
 */
export function reviewBoxList(
  known: readonly KnownBox[],
  listed: readonly ListedBox[],
  nowMs: number,
): BoxListReview {
  const missing = missingFrom(known, listed);
  if (missing.length * MOST_LOST <= known.length) return take(known, listed, nowMs, REMOVED_AFTER_LISTS);
  const lacks = new Set(missing);
  const boxes = known.map((box) => (lacks.has(box.number) ? box : { ...box, ...NOT_MISSING }));
  return { kind: 'refused', boxes: boxes.sort(byNumber), missing };
}

/** The same for a list that somebody has accepted: it is taken as it is, and what it lacks is removed at once. */
export function acceptBoxList(
  known: readonly KnownBox[],
  listed: readonly ListedBox[],
  nowMs: number,
): BoxListReview & { readonly kind: 'taken' } {
  return take(known, listed, nowMs, 1);
}

/** The numbers of the known boxes that a list lacks. */
export function missingFrom(known: readonly ListedBox[], listed: readonly ListedBox[]): number[] {
  const numbers = new Set(listed.map(({ number }) => number));
  return known
    .map(({ number }) => number)
    .filter((number) => !numbers.has(number))
    .sort((a, b) => a - b);
}

const NOT_MISSING = { missingLists: 0, missingSinceMs: null } as const;

function take(known: readonly KnownBox[], listed: readonly ListedBox[], nowMs: number, removedAfter: number) {
  const since = new Map(known.map(({ number, listedSinceMs }) => [number, listedSinceMs]));
  const present = listed.map((box) => ({
    ...box,
    listedSinceMs: since.get(box.number) ?? nowMs,
    ...NOT_MISSING,
  }));
  const lacks = new Set(missingFrom(known, listed));
  const missing = known
    .filter(({ number }) => lacks.has(number))
    .map((box) => ({
      ...box,
      missingLists: box.missingLists + 1,
      missingSinceMs: box.missingSinceMs ?? nowMs,
    }));
  const numbersOf = (boxes: readonly KnownBox[]) => boxes.map(({ number }) => number).sort((a, b) => a - b);
  return {
    kind: 'taken' as const,
    boxes: [...present, ...missing.filter((box) => box.missingLists < removedAfter)].sort(byNumber),
    added: numbersOf(present.filter(({ number }) => !since.has(number))),
    removed: numbersOf(missing.filter((box) => box.missingLists >= removedAfter)),
  };
}

function byNumber(a: ListedBox, b: ListedBox): number {
  return a.number - b.number;
}
