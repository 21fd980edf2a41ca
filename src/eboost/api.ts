import { z } from 'zod';
import { EvidaError, messageOf } from '../errors.ts';

const TIMEOUT_MS = 15_000;

/** A box as the Eboost API lists it. */
const Box = z.object({ uniqueId: z.string(), name: z.string().nullish(), status: z.boolean().nullish() });
export type EboostBox = z.output<typeof Box>;

const Page = z.object({ 'hydra:totalItems': z.number(), 'hydra:member': z.array(Box) });
const Login = z.object({ token: z.string() });

export interface EboostApiOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The Eboost API: one login for many calls; a token that has expired is renewed once. */
export class EboostApi {
  readonly #options: EboostApiOptions;
  #token: string | undefined;

  constructor(options: EboostApiOptions) {
    this.#options = options;
  }

  /**
   * All boxes, in as many pages as it takes. A list that changed while it was read is an error: it would lack boxes.
   * @throws EvidaError EBOOST_UNAVAILABLE, EBOOST_REFUSED
   */
  async listBoxes(signal?: AbortSignal): Promise<EboostBox[]> {
    const boxes = new Map<string, EboostBox>();
    for (let page = 1, total = Number.POSITIVE_INFINITY; boxes.size < total; page++) {
      const answer = await this.#get(`/boxes?page=${page}`, Page, signal);
      total = answer['hydra:totalItems'];
      const before = boxes.size;
      for (const box of answer['hydra:member']) boxes.set(box.uniqueId, box);
      if (boxes.size === before && boxes.size < total) {
        throw new EvidaError('EBOOST_REFUSED', {
          operation: `listing boxes at ${this.#options.url}`,
          problem: `page ${page} brought nothing new, with ${boxes.size} of ${total} boxes read`,
        });
      }
    }
    return [...boxes.values()];
  }

  async #get<T extends z.ZodType>(path: string, answer: T, signal?: AbortSignal): Promise<z.output<T>> {
    this.#token ??= await this.#login(signal);
    let response = await this.#fetch(path, { headers: { authorization: `Bearer ${this.#token}` } }, signal);
    if (response.status === 401) {
      this.#token = await this.#login(signal);
      response = await this.#fetch(path, { headers: { authorization: `Bearer ${this.#token}` } }, signal);
    }
    return await this.#parse(path, response, answer);
  }

  async #login(signal?: AbortSignal): Promise<string> {
    const { username, password } = this.#options;
    const body = JSON.stringify({ username, password });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    return (await this.#parse('/login', await this.#fetch('/login', init, signal), Login)).token;
  }

  async #fetch(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await fetch(new URL(path, this.#options.url), {
        ...init,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      throw new EvidaError('EBOOST_UNAVAILABLE', {
        operation: `asking ${this.#options.url}${path}`,
        problem: messageOf(error),
        cause: error,
      });
    }
  }

  async #parse<T extends z.ZodType>(path: string, response: Response, answer: T): Promise<z.output<T>> {
    const operation = `asking ${this.#options.url}${path}`;
    const text = await response.text();
    if (!response.ok) {
      const code =
        response.status >= 500 || response.status === 429 ? 'EBOOST_UNAVAILABLE' : 'EBOOST_REFUSED';
      const hint = response.status === 401 ? 'Check EBOOST_API_USERNAME and EBOOST_API_PASSWORD.' : undefined;
      throw new EvidaError(code, { operation, problem: `HTTP ${response.status}`, ...(hint && { hint }) });
    }
    try {
      return answer.parse(JSON.parse(text));
    } catch (error) {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new EvidaError('EBOOST_REFUSED', {
        operation,
        problem: `the answer makes no sense: ${problem}`,
        cause: error,
      });
    }
  }
}
