import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/embedded/until.ts';
import type { Fault, Stage } from './fault.ts';
import type { ScriptedAnswer, WriteRequest } from './influx-proxy.ts';
import { FOREIGN_BOX } from './recorded.ts';
import type { World } from './world.ts';

const ANSWERED_WITHIN_MS = 60_000;
/** How much earlier than told somebody may come back without it being rude. */
const EARLY_MS = 50;
/** What is on its way already when it is told to stay away. */
const ON_ITS_WAY_MS = 100;
const REFUSED_FOR_MS = 3000;
const MOST_LINES = 20;
/** What the parser of this server does not like. */
const DISLIKED = /^photograph,box=11,outlet=[12] .*status=3i/;

export const answerFaults: readonly Fault[] = [
  {
    group: 'answer',
    title: '429 with Retry-After in seconds and as a date',
    inflict: async (world, stage) => {
      const seconds = await beAnswered(world, stage, () => tooMany('2', 2000));
      // A date has whole seconds: up to one of them is over already.
      const date = await beAnswered(world, stage, () =>
        tooMany(new Date(Math.ceil(Date.now() / 1000 + 2) * 1000).toUTCString(), 2000),
      );
      return { times: seconds + date };
    },
  },
  {
    group: 'answer',
    title: '500, 502, 503 (with Retry-After) and 504',
    inflict: async (world, stage) => {
      let times = 0;
      for (const status of [500, 502, 503, 504]) {
        const headers = status === 503 ? { 'retry-after': '1' } : {};
        times += await beAnswered(world, stage, () => ({ status, headers, retryAfterMs: 0 }));
      }
      return { times };
    },
  },
  {
    group: 'answer',
    title: '401 and 403',
    inflict: async (world, { signal, problem }) => {
      let times = 0;
      for (const status of [401, 403]) {
        const saidBefore = world.evida.log().length;
        world.http.judge = () => {
          times += 1;
          return { status, message: 'unauthorized access' };
        };
        await delay(REFUSED_FOR_MS, undefined, { signal });
        world.http.judge = () => 'pass';
        if (!world.evida.log().slice(saidBefore).includes(String(status)))
          problem(`it does not say ${status}`);
        const { confirmedWrites } = world.http;
        if (!(await until(() => world.http.confirmedWrites > confirmedWrites, ANSWERED_WITHIN_MS))) {
          problem(`it does not try again after ${status}`);
        }
      }
      return { times };
    },
  },
  {
    group: 'answer',
    title: `413 for more than ${MOST_LINES} lines`,
    inflict: async ({ http }, { scale, problem }) => {
      let times = 0;
      http.judge = ({ lines }) => {
        if (lines.length <= MOST_LINES) return 'pass';
        times += 1;
        return { status: 413, message: 'request too large' };
      };
      if (!(await until(() => times >= 5 * scale, ANSWERED_WITHIN_MS))) problem('no batch was too large');
      return { times };
    },
  },
  {
    group: 'answer',
    title: '400 for points that its parser does not like',
    inflict: async (world, { scale, signal }) => {
      let times = 0;
      world.http.judge = ({ lines }) => {
        if (!lines.some((line) => DISLIKED.test(line))) return 'pass';
        times += 1;
        return { status: 400, message: "unable to parse 'photograph': this one is not liked" };
      };
      await delay(6000 * scale, undefined, { signal });
      return {
        times,
        isExpected: ({ status }, { box, outlet }) =>
          !(box === 11 && (outlet === 1 || outlet === 2) && status === 3),
      };
    },
  },
  {
    group: 'answer',
    title: '422 by a real type conflict',
    // The type of a field is that of its first point in a shard: from now on a command must be a text.
    prepare: (world) => writeForeign(world, `photograph,box=${FOREIGN_BOX},outlet=0 command="none"`),
    inflict: async (world, { scale, signal }) => {
      await delay(6000 * scale, undefined, { signal });
      const withCommand = world.traffic.outlets.flatMap(({ steps }) =>
        steps.filter(({ command }) => command !== undefined),
      );
      return { times: withCommand.length, isExpected: ({ command }) => command === undefined };
    },
  },
];

interface AnswerWithDelay extends ScriptedAnswer {
  /** How long it must then be left alone, ms. */
  readonly retryAfterMs: number;
}

function tooMany(retryAfter: string, retryAfterMs: number): AnswerWithDelay {
  return { status: 429, headers: { 'retry-after': retryAfter }, retryAfterMs };
}

/** Gives the same answer several times, and sees that it is minded. @returns how often it was given */
async function beAnswered(
  { http }: World,
  { scale, problem }: Stage,
  answer: () => AnswerWithDelay,
): Promise<number> {
  const wanted = Math.round(2 * scale);
  let times = 0;
  let told: { readonly atMs: number; readonly untilMs: number; readonly status: number } | undefined;
  http.judge = ({ atMs }: WriteRequest) => {
    if (told !== undefined && atMs > told.atMs + ON_ITS_WAY_MS && atMs < told.untilMs - EARLY_MS) {
      problem(`after ${told.status} it comes back ${Math.round(told.untilMs - atMs)} ms early`);
    }
    if (times >= wanted) return 'pass';
    times += 1;
    const given = answer();
    told = { atMs, untilMs: atMs + given.retryAfterMs, status: given.status };
    return given;
  };
  const { confirmedWrites } = http;
  const goesOn = () => times >= wanted && http.confirmedWrites > confirmedWrites;
  if (!(await until(goesOn, ANSWERED_WITHIN_MS))) problem(`it does not go on after ${told?.status}`);
  http.judge = () => 'pass';
  return times;
}

async function writeForeign({ influx: { part } }: World, line: string): Promise<void> {
  const response = await fetch(`${part.url}/api/v2/write?org=${part.org}&bucket=history`, {
    method: 'POST',
    headers: { authorization: `Token ${part.adminToken}` },
    body: line,
  });
  if (!response.ok) throw new Error(`writing ${line}: ${await response.text()}`);
}
