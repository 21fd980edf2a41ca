import { z } from 'zod';
import { withDeadline } from '../deadline.ts';
import { EvidaError, messageOf } from '../errors.ts';

const TIMEOUT_MS = 15_000;

/** What is only shown: where it has another form, the box counts all the same. */
const Shown = { text: z.string().nullish().catch(null), flag: z.boolean().nullish().catch(null) };
const Named = z.object({ name: Shown.text }).nullish().catch(null);

/** A box as the Eboost API lists it. */
const Box = z.object({
  uniqueId: z.string(),
  name: Shown.text,
  status: Shown.flag,
  city: Named,
  district: Named,
});
export type EboostBox = z.output<typeof Box>;

const Page = z.object({ 'hydra:totalItems': z.number().int().nonnegative(), 'hydra:member': z.array(Box) });
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
   * All boxes, in as many pages as it takes; their unique ids are as many as the list says to hold. A list that changed
   * while it was read is an error that may pass: it would lack boxes.
   * @throws EvidaError EBOOST_UNAVAILABLE, EBOOST_REFUSED
   */
  async listBoxes(signal?: AbortSignal): Promise<EboostBox[]> {
    const boxes = new Map<string, EboostBox>();
    for (let page = 1, total: number | undefined; boxes.size !== total; page++) {
      const answer = await this.#get(`/boxes?page=${page}`, Page, signal);
      const { 'hydra:totalItems': totalNow, 'hydra:member': members } = answer;
      total ??= totalNow;
      const before = boxes.size;
      for (const box of members) boxes.set(box.uniqueId, box);
      if (totalNow !== total) throw this.#incomplete(`its total went from ${total} to ${totalNow}`);
      if (boxes.size < before + members.length) throw this.#incomplete(`page ${page} repeats boxes`);
      if (boxes.size > total) throw this.#incomplete(`it holds more boxes than its total of ${total}`);
      if (members.length === 0 && boxes.size < total)
        throw this.#incomplete(`page ${page} is empty, with ${boxes.size} of ${total} boxes read`);
    }
    return [...boxes.values()];
  }

  #incomplete(problem: string): EvidaError {
    return new EvidaError('EBOOST_UNAVAILABLE', {
      operation: `listing boxes at ${this.#options.url}`,
      problem: `the list is not complete: ${problem}`,
    });
  }

  async #get<T extends z.ZodType>(path: string, answer: T, signal?: AbortSignal): Promise<z.output<T>> {
    this.#token ??= await this.#login(signal);
    let response = await this.#fetch(path, { headers: { authorization: `Bearer ${this.#token}` } }, signal);
    if (response.status === 401) {
      this.#token = await this.#login(signal);
      response = await this.#fetch(path, { headers: { authorization: `Bearer ${this.#token}` } }, signal);
    }
    return this.#parse(path, response, answer);
  }

  async #login(signal?: AbortSignal): Promise<string> {
    const { username, password } = this.#options;
    const body = JSON.stringify({ username, password });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    return this.#parse('/login', await this.#fetch('/login', init, signal), Login).token;
  }

  /** The answer, read to its end. */
  async #fetch(path: string, init: RequestInit, signal?: AbortSignal): Promise<Answer> {
    const url = this.#url(path);
    try {
      return await withDeadline(TIMEOUT_MS, signal, async (either) => {
        const response = await fetch(url, { ...init, signal: either });
        return { status: response.status, text: await response.text() };
      });
    } catch (error) {
      throw new EvidaError('EBOOST_UNAVAILABLE', {
        operation: `asking ${url}`,
        problem: messageOf(error),
        cause: error,
      });
    }
  }

  #parse<T extends z.ZodType>(path: string, { status, text }: Answer, answer: T): z.output<T> {
    const operation = `asking ${this.#url(path)}`;
    if (status >= 300) {
      const code = status >= 500 || status === 429 ? 'EBOOST_UNAVAILABLE' : 'EBOOST_REFUSED';
      const hint = status === 401 ? 'Check EBOOST_API_USERNAME and EBOOST_API_PASSWORD.' : undefined;
      throw new EvidaError(code, { operation, problem: `HTTP ${status}`, ...(hint && { hint }) });
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

  #url(path: string): string {
    return `${this.#options.url.replace(/\/+$/, '')}${path}`;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}
