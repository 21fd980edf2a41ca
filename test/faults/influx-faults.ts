import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/embedded/until.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 15_000;
/** Much less than Evida waits for an answer, and this much more. */
const GIVEN_UP_AFTER_MS = 5000;
const SILENT_AT_MOST_MS = 60_000;

export const influxFaults: readonly Fault[] = [
  {
    group: 'influx',
    title: 'InfluxDB killed and started again',
    inflict: async ({ influx }, { random, scale, signal }) => {
      const times = Math.round(3 * scale);
      for (let kill = 0; kill < times; kill += 1) {
        await delay(random.whole(500, 1500), undefined, { signal });
        await influx.kill();
        await delay(random.whole(0, 1500), undefined, { signal });
        await influx.start();
      }
      return { times };
    },
  },
  {
    group: 'influx',
    title: 'InfluxDB away for long',
    inflict: async ({ http }, { scale, signal }) => {
      await http.close();
      await delay(AWAY_MS * scale, undefined, { signal });
      await http.listen();
      return { times: 1 };
    },
  },
  {
    group: 'influx',
    title: 'InfluxDB accepts and never answers',
    inflict: async ({ http }, { problem }) => {
      const asked: number[] = [];
      http.judge = ({ atMs }) => {
        asked.push(atMs);
        return 'hang';
      };
      // One long after those at once: it has given up waiting for them.
      const isGivenUp = () => (asked.at(-1) ?? 0) - (asked[0] ?? 0) > GIVEN_UP_AFTER_MS;
      if (!(await until(isGivenUp, SILENT_AT_MOST_MS))) {
        problem(`it waits for an answer for more than ${SILENT_AT_MOST_MS / 1000} s`);
      }
      http.judge = () => 'pass';
      return { times: asked.length };
    },
  },
  {
    group: 'influx',
    title: 'answer lost after the batch was written',
    inflict: async ({ http }, { scale, problem }) => {
      const times = Math.round(10 * scale);
      let lost = 0;
      let writes = 0;
      http.judge = () => {
        writes += 1;
        if (writes % 2 === 0 || lost >= times) return 'pass';
        lost += 1;
        return 'lose-answer';
      };
      if (!(await until(() => lost >= times, 60_000))) problem(`only ${lost} answers could be lost`);
      http.judge = () => 'pass';
      return { times: lost };
    },
  },
];
