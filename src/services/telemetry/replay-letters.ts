import { decode } from '../../../streams/decode.ts';
import type { Message } from '../../../streams/message.ts';
import { parseLine } from '../../influx/parse-line.ts';
import type { DeadLetterRequest } from '../../journal/dead-letter-requests.ts';
import type { DeadLetter, DeadLetters } from '../../journal/dead-letters.ts';
import type { Recorder } from './recorder.ts';

/**
 * Takes dead letters up again. Points are sent again as they are. Messages are decoded again, at their original time: what
 * they say is old news by now, so it sets only what is still unknown (domain.md, photographs rule 10). Letters that are
 * still of no use stay.
 *
 * @returns how many were taken up, and how many stay
 */
export async function replayLetters(
  letters: DeadLetters,
  recorder: Recorder,
  filter: DeadLetterRequest['filter'],
): Promise<{ readonly done: number; readonly left: number }> {
  const taken: number[] = [];
  let left = 0;
  for await (const letter of letters.list(filter)) {
    if (takeUp(letter, recorder)) taken.push(letter.id);
    else left++;
  }
  await recorder.committed();
  await letters.drop({ ids: taken });
  return { done: taken.length, left };
}

function takeUp(letter: DeadLetter, recorder: Recorder): boolean {
  if (letter.kind === 'point') {
    recorder.record(parseLine(letter.line));
    return true;
  }
  const message: Message = {
    topic: letter.topic,
    payload: Buffer.from(letter.payload, 'base64'),
    receivedAt: letter.receivedAt,
    retained: true,
    resumed: true,
    backlog: false,
  };
  if (decode(message).readings === undefined) return false;
  recorder.take({ kind: 'message', packetId: 0, ...message });
  return true;
}
