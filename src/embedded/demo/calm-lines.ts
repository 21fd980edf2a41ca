import { bufferTime, filter, type Observable, type Subscription } from 'rxjs';
import type { PhotographPoint, Point } from '../../../streams/point.ts';
import type { Evida } from '../../services/evida.ts';
import { countsInWords, photographInWords } from './in-words.ts';

const LINES_EVERY_MS = 5000;
const PHOTOGRAPHS_SHOWN = 3;

/** Tells every few seconds what Evida does: messages a second, photographs by reason, the latest ones in words. */
export function tellCalmly(evida: Evida, say: (line: string) => void): Subscription {
  const byReason = new Map<string, number>();
  let messagesBefore = 0;
  return selectPhotographs(evida.points$)
    .pipe(bufferTime(LINES_EVERY_MS))
    .subscribe((photographs) => {
      for (const { fields } of photographs) {
        const reason = fields.reason ?? 'unknown';
        byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
      }
      const { books } = evida.status();
      const received = books?.messages.received ?? 0;
      const rate = ((received - messagesBefore) / LINES_EVERY_MS) * 1000;
      messagesBefore = received;
      say(
        `${rate.toFixed(0)} messages/s, ${books?.points.written ?? 0} points in InfluxDB; photographs: ${countsInWords(byReason)}`,
      );
      for (const photograph of photographs.slice(-PHOTOGRAPHS_SHOWN))
        say(`  ${photographInWords(photograph)}`);
    });
}

function selectPhotographs(points$: Observable<Point>): Observable<PhotographPoint> {
  return points$.pipe(filter((point): point is PhotographPoint => point.measurement === 'photograph'));
}
