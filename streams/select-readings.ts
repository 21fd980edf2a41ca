import { Observable, type OperatorFunction } from 'rxjs';
import type { Decoded } from './decode.ts';
import type { Readings } from './reading.ts';

/** Lets through what could be decoded. */
export function selectReadings(): OperatorFunction<Decoded, Readings> {
  return (source) =>
    new Observable((subscriber) =>
      source.subscribe({
        next: ({ readings }) => {
          if (readings !== undefined) subscriber.next(readings);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}
