/** What the publisher is told to do. */
export type Order =
  /** Makes messages, until so many are there. */
  | { readonly kind: 'make'; readonly boxes: number; readonly seed: number; readonly messages: number }
  /** Connects and publishes what it is allowed to, at most so many a second. */
  | {
      readonly kind: 'begin';
      readonly port: number;
      readonly username: string;
      readonly password: string;
      readonly perSecond: number;
      readonly rewinds: boolean;
    }
  /** How many it may have published in all since `begin`. */
  | { readonly kind: 'allow'; readonly messages: number }
  | { readonly kind: 'end' };

/** What it tells. `ready`: `make`, `begin` or `end` is done. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'made'; readonly messages: number }
  /** Since `begin`. */
  | { readonly kind: 'progress'; readonly published: number; readonly acknowledged: number };
