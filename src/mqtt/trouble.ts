import type { Log } from '../log.ts';
import type { Ending } from './connection.ts';

/** Codes of CONNACK, of MQTT 3.1.1 and 5: bad name or password, not authorised, banned. */
const NOT_ALLOWED: ReadonlySet<number | undefined> = new Set([4, 5, 134, 135, 138]);
/** Client identifier rejected, or not valid. */
const NOT_A_CLIENT_ID: ReadonlySet<number | undefined> = new Set([2, 133]);

export const LEFT_THERE = 'messages are left with the MQTT broker';

/** Says why there is no connection: once for each reason, not for each attempt. */
export class Trouble {
  readonly #broker: string;
  readonly #log: Log;
  #said: string | undefined;
  #last: string | undefined;

  constructor(broker: string, log: Log) {
    this.#broker = broker;
    this.#log = log;
  }

  /** The last reason there was, also when it is over. */
  get last(): string | undefined {
    return this.#last;
  }

  say(ending: Ending, retryMs: number): void {
    this.#last = ending.reason;
    if (this.#said === ending.reason) return;
    this.#said = ending.reason;
    const hint = hintOf(ending);
    this.#log.warn(
      { broker: this.#broker, retryMs: Math.round(retryMs), ...(hint !== undefined && { hint }) },
      `${ending.by === 'not taken' ? LEFT_THERE : 'no MQTT broker'}: ${ending.reason}`,
    );
  }

  /** There is a connection: the next trouble is a new one. */
  end(): void {
    this.#said = undefined;
  }
}

/** The broker does not let Evida in, which does not pass by itself. */
export function isNotAllowed({ by, code }: Ending): boolean {
  return by === 'refused' && NOT_ALLOWED.has(code);
}

function hintOf(ending: Ending): string | undefined {
  if (isNotAllowed(ending)) {
    return 'Check MQTT_USERNAME and MQTT_PASSWORD, or the client certificate, and what the broker allows them.';
  }
  if (ending.by === 'refused' && NOT_A_CLIENT_ID.has(ending.code)) return 'Check MQTT_CLIENT_ID.';
  return ending.hint;
}
