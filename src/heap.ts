import { setFlagsFromString } from 'node:v8';

/**
 * How far the heap may grow before V8 collects its old part, percent. Left alone V8 lets it double, since most programs are
 * short of time: what lives of 10,000 boxes is some 100 MB, and the machine is shared with servers (docs/performance.md).
 */
const HEAP_GROWS_BY = 10;

/** For processes that go on for long, or read much. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWS_BY}`);
}
