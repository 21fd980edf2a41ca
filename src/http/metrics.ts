import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Status } from './status.ts';

type Labels = Readonly<Record<string, string | number>>;
/** One value of a metric, with what tells it from the others. */
type Sample = readonly [value: number, labels?: Labels];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels?: readonly string[];
  readonly samples: (status: Status) => readonly Sample[];
}

const METRICS: readonly Metric[] = [
  {
    name: 'evida_messages_total',
    help: 'Messages by what became of them; received = decoded + dead + duplicate',
    type: 'counter',
    labels: ['outcome'],
    samples: ({ books }) => byName('outcome', books?.messages),
  },
  {
    name: 'evida_points_total',
    help: 'Points by what became of them; decided = written + dead + unsent',
    type: 'counter',
    labels: ['outcome'],
    samples: ({ books }) => byName('outcome', books && omitUnsent(books.points)),
  },
  {
    name: 'evida_points_unsent',
    help: 'Points in the log that InfluxDB has not confirmed',
    type: 'gauge',
    samples: ({ books }) => single(books?.points.unsent),
  },
  {
    name: 'evida_rejected_pairs_total',
    help: 'Pairs of messages that could not be used, by reason, since the start',
    type: 'counter',
    labels: ['reason'],
    samples: ({ delivery }) => byName('reason', delivery?.rejectedPairs),
  },
  {
    name: 'evida_dead_letters',
    help: 'Dead letters that are kept, by reason',
    type: 'gauge',
    labels: ['reason'],
    samples: ({ delivery }) => byName('reason', delivery?.deadLetters),
  },
  {
    name: 'evida_lag_seconds',
    help: 'Age of the oldest point that InfluxDB has not confirmed',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery && delivery.lagMs / 1000),
  },
  {
    name: 'evida_journal_bytes',
    help: 'Size of the log on disk',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery?.journalBytes),
  },
  {
    name: 'evida_journal_max_bytes',
    help: 'How large the log may grow (JOURNAL_MAX)',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery?.journalMaxBytes),
  },
  {
    name: 'evida_journal_uncommitted_bytes',
    help: 'What of the log is not on the disk yet',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery?.uncommittedBytes),
  },
  {
    name: 'evida_journal_refusing',
    help: '1 while the log takes no messages: no room, or a disk that refuses',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery && Number(delivery.refusal !== null)),
  },
  {
    name: 'evida_clock_ahead_seconds',
    help: 'How far the time of points is ahead of a wall clock that was set back',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery && delivery.clockAheadMs / 1000),
  },
  {
    name: 'evida_mqtt_connected',
    help: '1 while connected to the MQTT broker',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery && Number(delivery.connected)),
  },
  {
    name: 'evida_mqtt_backlog',
    help: '1 while what comes had waited at the MQTT broker',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery && Number(delivery.backlog)),
  },
  {
    name: 'evida_mqtt_reconnects_total',
    help: 'Connections to the MQTT broker after the first',
    type: 'counter',
    samples: ({ delivery }) => single(delivery?.reconnects),
  },
  {
    name: 'evida_write_requests_total',
    help: 'Write requests to InfluxDB',
    type: 'counter',
    samples: ({ delivery }) => single(delivery?.writeRequests),
  },
  {
    name: 'evida_write_retries_total',
    help: 'Write requests to InfluxDB that had to be repeated',
    type: 'counter',
    samples: ({ delivery }) => single(delivery?.writeRetries),
  },
  {
    name: 'evida_outlet_noise',
    help: 'Photographs of change and draw in this hour and the last, of the ten noisiest outlets',
    type: 'gauge',
    labels: ['box', 'outlet'],
    samples: ({ delivery }) =>
      (delivery?.noisiest ?? []).map(({ box, outlet, photographs }) => [photographs, { box, outlet }]),
  },
  {
    name: 'evida_boxes',
    help: 'Boxes that are listened to',
    type: 'gauge',
    samples: ({ boxes }) => single(boxes),
  },
  {
    name: 'evida_boxes_silent',
    help: 'Boxes that nothing was heard of for SILENT_AFTER',
    type: 'gauge',
    samples: ({ delivery }) => single(delivery?.silentBoxes),
  },
  {
    name: 'evida_last_message_timestamp_seconds',
    help: 'When a box said anything last, since the start',
    type: 'gauge',
    samples: ({ delivery }) =>
      delivery === null || delivery.lastMessageAt === null
        ? []
        : single(Date.parse(delivery.lastMessageAt) / 1000),
  },
  {
    name: 'evida_part_ready',
    help: '1 while a part does what it should',
    type: 'gauge',
    labels: ['part'],
    samples: ({ parts }) => Object.entries(parts).map(([part, { ready }]) => [Number(ready), { part }]),
  },
  {
    name: 'evida_job_failed',
    help: '1 if the last run of a job failed',
    type: 'gauge',
    labels: ['job'],
    samples: ({ jobs }) => jobs.map(({ job, error }) => [Number(error !== null), { job }]),
  },
  {
    name: 'evida_job_last_run_timestamp_seconds',
    help: 'When a job last ended, well or badly',
    type: 'gauge',
    labels: ['job'],
    samples: ({ jobs }) =>
      jobs.flatMap(({ job, lastRunAt }) =>
        lastRunAt === null ? [] : [[Date.parse(lastRunAt) / 1000, { job }]],
      ),
  },
];

/** The metrics of a process, in the Prometheus text format; each scrape asks for the status once. */
export function createMetrics(status: () => Status): Registry {
  const registry = new Registry();
  let current: Status | undefined;
  collectDefaultMetrics({ register: registry });
  for (const { name, help, type, labels = [], samples } of METRICS) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [value, of = {}] of samples(now())) this.set(of, value);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [value, of = {}] of samples(now())) this.inc(of, value);
        },
      });
    }
  }
  return registry;

  /** All metrics of one scrape are collected in one turn of the event loop. */
  function now(): Status {
    if (current === undefined) {
      current = status();
      setImmediate(() => {
        current = undefined;
      });
    }
    return current;
  }
}

function single(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [[value]];
}

function byName(label: string, values: Readonly<Record<string, number>> | null | undefined): Sample[] {
  return Object.entries(values ?? {}).map(([name, value]) => [value, { [label]: name }]);
}

function omitUnsent({
  unsent: _,
  ...counted
}: {
  unsent: number;
  decided: number;
  written: number;
  dead: number;
}) {
  return counted;
}
