import { inDays, startOf } from '../business-days.ts';
import { createDashboard, type Dashboard } from '../dashboard.ts';
import { type Limits, limitsOf } from '../limits.ts';
import {
  BARS,
  type Look,
  stateTimeline,
  THRESHOLD_LINES,
  table,
  timeSeries,
  type UnplacedPanel,
  valueMappings,
} from '../panels.ts';
import type { Settings } from '../settings.ts';
import { flux, sql } from '../targets.ts';
import { joinByField, organize } from '../transformations.ts';
import { historyBucket, operationsBucket, timeZone } from '../variables.ts';

/** *Operations*: how Evida itself is, what goes through it, and how its jobs are. */
export function operations(settings: Settings): Dashboard {
  const limits = limitsOf(settings);
  return createDashboard({
    uid: 'evida-operations',
    title: 'Operations',
    description:
      'How each Evida is, by what it says of itself each minute; what goes through it; and how the jobs and the backups are. A gap is a minute that was not said anything of: Evida or InfluxDB was away.',
    from: 'now-7d',
    refresh: '1m',
    variables: [timeZone(settings), historyBucket(settings), operationsBucket(settings)],
    rows: [
      { title: 'Now', panels: [processes(limits), jobs(limits), backups()] },
      { title: 'Books', panels: [messages(), points(), pointsAndRows()] },
      {
        title: 'Delivery',
        panels: [oldestUnsent(limits), unsent(), log(limits), requests(), deadLetters()],
      },
      { title: 'Broker and boxes', panels: [connection(), sinceMessage(limits), boxes()] },
    ],
  });
}

const NOT_SAID = 'No Evida said anything of itself in this time range';
const OF_CLIENT = '${__field.labels.client}';

const YES_NO = valueMappings({
  0: { text: 'no', color: 'red' },
  1: { text: 'yes', color: 'dark-green' },
});
const BROKER = valueMappings({
  0: { text: 'away', color: 'red' },
  1: { text: 'subscribing', color: 'orange' },
  2: { text: 'hearing what had waited', color: 'blue' },
  3: { text: 'listening', color: 'dark-green' },
});
const JOB = valueMappings({
  done: { text: 'done', color: 'dark-green' },
  due: { text: 'due', color: 'blue' },
  running: { text: 'running', color: 'orange' },
  failed: { text: 'failed', color: 'red' },
});

const TIME: Look = { unit: 'dateTimeAsLocal' };
const COLORED = { cellOptions: { type: 'color-text' } };

/** Well below a limit, and not from there on. */
function upTo(limit: number): Look {
  return {
    thresholds: [
      { value: null, color: 'dark-green' },
      { value: limit, color: 'red' },
    ],
  };
}

function processes(limits: Limits): UnplacedPanel {
  return table({
    title: 'Processes',
    description:
      'What each process that listens to boxes has said of itself last, in the day before the end of the time range. One that was given up is gone after a day.',
    unit: 'none',
    noValue: NOT_SAID,
    width: 24,
    height: 5,
    targets: [flux('evida', 'evida-now')],
    transformations: [
      organize({
        client: 'client',
        said_at: 'said_at',
        ready: 'ready',
        listening: 'listening',
        boxes: 'boxes',
        silent_boxes: 'silent_boxes',
        seconds_since_message: 'seconds_since_message',
        oldest_unsent_s: 'oldest_unsent_s',
        unsent: 'unsent',
        log_bytes: 'log_bytes',
        log_max_bytes: 'log_max_bytes',
        dead_letters: 'dead_letters',
        reconnects: 'reconnects',
        clock_ahead_s: 'clock_ahead_s',
        connected: null,
        backlog: null,
        log_refuses: null,
        received: null,
        decoded: null,
        duplicate: null,
        dead_messages: null,
        decided: null,
        written: null,
        dead_points: null,
        rejected_pairs: null,
        write_requests: null,
        write_retries: null,
      }),
    ],
    fields: {
      client: { displayName: 'Client' },
      said_at: { ...TIME, displayName: 'Said at' },
      ready: { displayName: 'Ready', mappings: YES_NO, custom: COLORED },
      listening: { displayName: 'Listening', mappings: YES_NO, custom: COLORED },
      boxes: { displayName: 'Boxes' },
      silent_boxes: { displayName: 'Silent' },
      seconds_since_message: {
        displayName: 'Last message',
        unit: 's',
        ...upTo(limits.noMessageS),
        custom: COLORED,
      },
      oldest_unsent_s: { displayName: 'Oldest unsent', unit: 's', ...upTo(limits.unsentS), custom: COLORED },
      unsent: { displayName: 'Unsent points' },
      log_bytes: { displayName: 'Log', unit: 'bytes' },
      log_max_bytes: { displayName: 'of at most', unit: 'bytes' },
      dead_letters: { displayName: 'Dead letters' },
      reconnects: { displayName: 'Connected again' },
      clock_ahead_s: { displayName: 'Clock ahead', unit: 's' },
    },
  });
}

function jobs(limits: Limits): UnplacedPanel {
  return table({
    title: 'Jobs',
    description:
      'The jobs of the ledger as they are now, whatever the time range: the worst first. Missed: runs that were due and did not end well, one after the other.',
    unit: 'none',
    noValue: 'No job has run yet',
    width: 24,
    height: 10,
    targets: [
      sql(
        'jobs',
        `SELECT job, state, last_run_at, last_duration_s, last_done_at, runs_missed, periods_open, error FROM job_state ORDER BY state = 'failed' DESC, runs_missed DESC, job`,
      ),
    ],
    fields: {
      job: { displayName: 'Job' },
      state: { displayName: 'State', mappings: JOB, custom: COLORED },
      last_run_at: { ...TIME, displayName: 'Last run' },
      last_duration_s: { displayName: 'It took', unit: 's', noValue: 'is running' },
      last_done_at: { ...TIME, displayName: 'Done last', noValue: 'never' },
      runs_missed: { displayName: 'Missed', decimals: 1, ...upTo(limits.missedRuns), custom: COLORED },
      periods_open: { displayName: 'Periods open' },
      error: { displayName: 'Why it failed', noValue: '' },
    },
  });
}

function backups(): UnplacedPanel {
  return table({
    title: 'Backups and rehearsals',
    description:
      'The last of them, whatever the time range. Blobs are those that the backup consists of; rows, those that the rehearsal has restored and compared.',
    unit: 'none',
    noValue: 'There was no backup yet',
    width: 24,
    height: 7,
    targets: [
      sql(
        'backups',
        `SELECT job, period, state, started_at, extract(epoch FROM finished_at - started_at)::double precision AS duration_s, rows::double precision AS rows, error FROM job_run WHERE job IN ('backup', 'rehearsal') ORDER BY period DESC LIMIT 30`,
      ),
    ],
    fields: {
      job: { displayName: 'Job' },
      period: { displayName: 'Due at (UTC)' },
      state: { displayName: 'State', mappings: JOB, custom: COLORED },
      started_at: { ...TIME, displayName: 'Last attempt' },
      duration_s: { displayName: 'It took', unit: 's' },
      rows: { displayName: 'Blobs, or rows' },
      error: { displayName: 'Why it failed', noValue: '' },
    },
  });
}

function messages(): UnplacedPanel {
  return overTime({
    title: 'Messages a minute',
    description:
      'What came from the broker, all processes together: received = decoded + dead + duplicate. Dead: it could not be read, and is a dead letter. Duplicate: the broker sent it again.',
    unit: 'none',
    targets: [
      flux('messages', 'evida-rates', { params: { fields: 'received|decoded|dead_messages|duplicate' } }),
    ],
    fields: {
      received: { displayName: 'Received', color: 'blue' },
      decoded: { displayName: 'Decoded', color: 'green' },
      dead_messages: { displayName: 'Dead', color: 'red' },
      duplicate: { displayName: 'Duplicate', color: 'yellow' },
    },
  });
}

function points(): UnplacedPanel {
  return overTime({
    title: 'Points a minute',
    description:
      'What was recorded of them, all processes together: decided = written + dead + unsent. Dead: InfluxDB refused it, and it is a dead letter.',
    unit: 'none',
    targets: [flux('points', 'evida-rates', { params: { fields: 'decided|written|dead_points' } })],
    fields: {
      decided: { displayName: 'Decided', color: 'blue' },
      written: { displayName: 'Written', color: 'green' },
      dead_points: { displayName: 'Dead', color: 'red' },
    },
  });
}

function pointsAndRows(): UnplacedPanel {
  const right = { axisPlacement: 'right', drawStyle: 'line', fillOpacity: 0, showPoints: 'always' };
  return timeSeries({
    title: 'Points written and rows made of them, by day',
    description:
      'Left: photographs and other points that InfluxDB got on each business day, whenever they are of (write_log). Right: rows that the jobs have made of each business day in Postgres. Points without sessions: the analysis is behind. Transactions without points: Evida did not hear the boxes.',
    unit: 'none',
    noValue: 'No points and no rows in this time range',
    min: 0,
    width: 24,
    height: 9,
    style: BARS,
    targets: [
      flux('points', 'points-written-by-day'),
      sql(
        'rows',
        `SELECT ${startOf('day')} AS "time", sessions, transactions FROM rows_by_day WHERE ${inDays()} ORDER BY day`,
      ),
    ],
    transformations: [joinByField('time', 'outer')],
    fields: {
      photographs: { displayName: 'Photographs', color: 'blue' },
      other_points: { displayName: 'Other points', color: 'green' },
      sessions: { displayName: 'Metered sessions', color: 'purple', custom: right },
      transactions: { displayName: 'Transactions', color: 'orange', custom: right },
    },
  });
}

function oldestUnsent(limits: Limits): UnplacedPanel {
  return ofProcesses({
    title: 'Oldest unsent point',
    description:
      'How long the oldest point has been waiting for InfluxDB. Nothing is lost while it waits: it is in the log. From the dashed line on there is an alert.',
    field: 'oldest_unsent_s',
    unit: 's',
    limit: limits.unsentS,
  });
}

function unsent(): UnplacedPanel {
  return ofProcesses({
    title: 'Unsent points',
    description: 'Points in the log that InfluxDB has not confirmed.',
    field: 'unsent',
    unit: 'none',
  });
}

function log(limits: Limits): UnplacedPanel {
  return overTime({
    title: 'Log',
    description:
      'How full the log is, of JOURNAL_MAX. At 100 % it takes no more messages; they wait at the broker. Part of it is what was sent already and is kept for JOURNAL_KEEP, as far as there is room. From the dashed line on there is an alert.',
    unit: 'percent',
    max: 100,
    displayName: OF_CLIENT,
    ...upTo(limits.logPercent),
    style: THRESHOLD_LINES,
    targets: [flux('log', 'evida-log')],
  });
}

function requests(): UnplacedPanel {
  return overTime({
    title: 'Requests to InfluxDB a minute',
    description: 'Write requests of all processes, and those of them that had to be repeated.',
    unit: 'none',
    targets: [flux('requests', 'evida-rates', { params: { fields: 'write_requests|write_retries' } })],
    fields: {
      write_requests: { displayName: 'Requests', color: 'green' },
      write_retries: { displayName: 'Repeated', color: 'red' },
    },
  });
}

function deadLetters(): UnplacedPanel {
  return ofProcesses({
    title: 'Dead letters',
    description:
      'Messages and points that could not be used and are kept, up to DEAD_LETTERS_MAX: `evida dead-letters` shows them.',
    field: 'dead_letters',
    unit: 'none',
    width: 24,
  });
}

function connection(): UnplacedPanel {
  return stateTimeline({
    title: 'Connection to the broker',
    description: 'Of each process. After a time away, it first hears what has waited at the broker.',
    unit: 'none',
    noValue: NOT_SAID,
    width: 24,
    height: 5,
    displayName: OF_CLIENT,
    mappings: BROKER,
    targets: [flux('connection', 'evida-connection')],
  });
}

function sinceMessage(limits: Limits): UnplacedPanel {
  return ofProcesses({
    title: 'Since the last message',
    description:
      'How long no box has said anything, or since the start if none has. From the dashed line on there is an alert: it is not the boxes then.',
    field: 'seconds_since_message',
    unit: 's',
    limit: limits.noMessageS,
  });
}

function boxes(): UnplacedPanel {
  return overTime({
    title: 'Boxes',
    description:
      'How many boxes are listened to, and how many of them are silent: nothing was heard of them for SILENT_AFTER.',
    unit: 'none',
    targets: [flux('boxes', 'boxes-listened-to')],
    fields: {
      boxes: { displayName: 'Listened to', color: 'green' },
      silent_boxes: { displayName: 'Silent', color: 'dark-red' },
    },
  });
}

type OverTime = Omit<Parameters<typeof timeSeries>[0], 'noValue' | 'min' | 'width' | 'height'> & {
  readonly width?: number;
};

/** What Evida has said of itself, over time; half as wide as the dashboard unless told otherwise. */
function overTime({ width = 12, ...panel }: OverTime): UnplacedPanel {
  return timeSeries({ ...panel, noValue: NOT_SAID, min: 0, width, height: 8 });
}

interface OfProcesses {
  readonly title: string;
  readonly description: string;
  readonly field: string;
  readonly unit: 'none' | 's';
  /** Where the alert begins. */
  readonly limit?: number;
  readonly width?: number;
}

/** One value of each process, over time. */
function ofProcesses({ field, limit, ...panel }: OfProcesses): UnplacedPanel {
  return overTime({
    ...panel,
    displayName: OF_CLIENT,
    ...(limit !== undefined && { ...upTo(limit), style: THRESHOLD_LINES }),
    targets: [flux('value', 'evida-values', { params: { field } })],
  });
}
