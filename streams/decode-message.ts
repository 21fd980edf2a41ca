import { map, type OperatorFunction } from 'rxjs';
import { type Decoded, decode } from './decode.ts';
import type { Message } from './message.ts';

/** Decodes each message; bad input becomes a rejection, never an error. */
export function decodeMessage(): OperatorFunction<Message, Decoded> {
  return map(decode);
}
