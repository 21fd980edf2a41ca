/**
 * Every error that Evida raises on purpose, by code. `retryable` says whether the same call may succeed
 * later without anybody's help; `exitCode` is what the command line ends with. What to do about each is in
 * docs/handbook/troubleshooting.md.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: { summary: 'The environment is incomplete or wrong', retryable: false, exitCode: 78 },
  USAGE: { summary: 'The command line was used wrongly', retryable: false, exitCode: 2 },
  STOP_DEADLINE: { summary: 'A part did not stop in time', retryable: false, exitCode: 1 },
  MQTT_UNAVAILABLE: {
    summary: 'The MQTT broker cannot be reached or refuses',
    retryable: true,
    exitCode: 69,
  },
  MQTT_REFUSED: { summary: 'The MQTT broker refuses a subscription', retryable: false, exitCode: 1 },
  MQTT_TAKEN_OVER: { summary: 'Another client takes the MQTT session', retryable: false, exitCode: 75 },
  INFLUX_UNAVAILABLE: { summary: 'InfluxDB cannot be reached', retryable: true, exitCode: 69 },
  INFLUX_REFUSED: { summary: 'InfluxDB refuses the request', retryable: false, exitCode: 1 },
  INFLUX_ANSWER: { summary: 'InfluxDB answers something unexpected', retryable: false, exitCode: 70 },
  POSTGRES_UNAVAILABLE: { summary: 'Postgres cannot be reached', retryable: true, exitCode: 69 },
  POSTGRES_REFUSED: { summary: 'Postgres refuses', retryable: false, exitCode: 1 },
  SECRETS_DIRECTORY: { summary: 'Secrets cannot be kept safely', retryable: false, exitCode: 1 },
  MIGRATION_CHANGED: { summary: 'A landed migration differs from what ran', retryable: false, exitCode: 1 },
  MIGRATION_FAILED: { summary: 'A migration failed and was rolled back', retryable: false, exitCode: 1 },
  POINT_LINE: { summary: 'A line is not a point as Evida writes it', retryable: false, exitCode: 65 },
  SQL_PARAMETER: {
    summary: 'A SQL statement and its parameters do not match',
    retryable: false,
    exitCode: 70,
  },
  ANALYSIS_FAILED: { summary: 'Some periods of the analysis failed', retryable: true, exitCode: 1 },
  ANALYSIS_JOB: { summary: 'There is no such job of the analysis', retryable: false, exitCode: 2 },
  FLUX_PARAMETER: { summary: 'A Flux query and its parameters do not match', retryable: false, exitCode: 70 },
  FLUX_FUNCTION: { summary: 'A Flux query and its functions do not match', retryable: false, exitCode: 70 },
  EBOOST_UNAVAILABLE: { summary: 'The Eboost API cannot be reached', retryable: true, exitCode: 69 },
  EBOOST_REFUSED: { summary: 'The Eboost API refuses or answers nonsense', retryable: false, exitCode: 1 },
  BLOB_UNAVAILABLE: { summary: 'Blob storage cannot be reached', retryable: true, exitCode: 69 },
  BLOB_CONFLICT: { summary: 'A blob exists with other content', retryable: false, exitCode: 1 },
  BACKUP_ABSENT: { summary: 'There is no such backup', retryable: false, exitCode: 1 },
  BACKUP_DAMAGED: { summary: 'A backup is not whole', retryable: false, exitCode: 65 },
  BACKUP_KEY: { summary: 'The key of the backups is missing or wrong', retryable: false, exitCode: 78 },
  BACKUP_TARGET: { summary: 'A backup does not fit where it is restored to', retryable: false, exitCode: 1 },
  EMBEDDED_START: { summary: 'An embedded server did not start', retryable: false, exitCode: 69 },
  EMBEDDED_INSTALL: { summary: 'An embedded server could not be installed', retryable: false, exitCode: 69 },
  DATA_FILE: { summary: 'A file in DATA_DIR cannot be read or written', retryable: false, exitCode: 1 },
  BOX_LIST_REFUSED: { summary: 'A box list lacks too many boxes to be taken', retryable: false, exitCode: 1 },
  BOX_LIST_ABSENT: { summary: 'There is no such box list in DATA_DIR', retryable: false, exitCode: 1 },
  HTTP_UNAVAILABLE: { summary: 'The HTTP port cannot be listened on', retryable: false, exitCode: 69 },
  NOT_RUNNING: { summary: 'No Evida runs with this DATA_DIR', retryable: false, exitCode: 69 },
  JOURNAL_FORMAT: {
    summary: 'The log was written by a later version of Evida',
    retryable: false,
    exitCode: 1,
  },
  JOURNAL_RECORD: { summary: 'A record is too large for the log', retryable: false, exitCode: 70 },
  JOURNAL_REFUSED: { summary: 'The log is full, or its disk refuses', retryable: true, exitCode: 74 },
  JOURNAL_EMPTY: { summary: 'The log holds nothing of that time', retryable: false, exitCode: 1 },
  DEAD_LETTER_ABSENT: { summary: 'There is no such dead letter', retryable: false, exitCode: 1 },
  DASHBOARD_INVALID: {
    summary: 'A dashboard holds something that Evida does not follow',
    retryable: false,
    exitCode: 65,
  },
  PANEL_UNKNOWN: { summary: 'There is no such panel, or more than one', retryable: false, exitCode: 2 },
  DIRECTORY_IN_USE: { summary: 'Another process uses the directory', retryable: true, exitCode: 75 },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

interface ErrorDetails {
  /** What was being done, to what: "writing 500 points to http://localhost:8086". */
  readonly operation: string;
  /** What went wrong, in one sentence; taken from `cause` if absent. */
  readonly problem?: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that says what was being done, to what, why it failed, what to do, and whether a retry helps. */
export class EvidaError extends Error {
  override readonly name = 'EvidaError';
  readonly code: ErrorCode;
  readonly operation: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const problem =
      details.problem ?? (details.cause === undefined ? ERROR_CODES[code].summary : messageOf(details.cause));
    super(`${details.operation}: ${problem}`, { cause: details.cause });
    this.code = code;
    this.operation = details.operation;
    this.hint = details.hint;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }
}

/**
 * The message of anything thrown. Node's connection errors can have an empty message and hide what
 * happened in `errors` (one per address tried) or `cause`; those are looked into.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(messageOf))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  if (error.message === 'fetch failed' && error.cause !== undefined) return messageOf(error.cause);
  return error.message || error.name;
}
