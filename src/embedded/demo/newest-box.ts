import type { Point } from '../../../streams/point.ts';
import type { EboostHistory } from '../eboost/history.ts';
import { FIRST_BOX } from '../fleet/outlet-status.ts';

/**
 * The same history, but that the last box was put up at its end: nobody has charged there, its registers begin at 0, and
 * Evida sees its outlets for the first time. A demo of one box keeps all of its history.
 *
 * @param toMs when the history ends, ms UTC
 */
export function withNewestBox(history: EboostHistory, toMs: number): EboostHistory {
  const { boxes, transactions } = history;
  const before = boxes.slice(0, -1);
  const newest = boxes.at(-1);
  if (newest === undefined || before.length === 0) return history;
  const number = FIRST_BOX + before.length;
  return {
    ...history,
    boxes: [...before, { ...newest, createdAtMs: toMs, updatedAtMs: toMs }],
    transactions: transactions.filter(({ boxUniqueId }) => boxUniqueId !== newest.uniqueId),
    *points() {
      for (const point of history.points()) if (!isOfBox(point, number)) yield point;
    },
    energyAtEndJ: (box, outlet) => (box === number ? 0 : history.energyAtEndJ(box, outlet)),
  };
}

function isOfBox({ tags }: Point, box: number): boolean {
  return 'box' in tags && tags.box === box;
}
