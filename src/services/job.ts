import { type Job as Alarm, scheduleJob } from 'node-schedule';
import { Subject } from 'rxjs';
import { EvidaError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** One run of a job that ended well or badly. */
export interface JobRun {
  readonly job: string;
  readonly durationMs: number;
  readonly outcome: { readonly result: object } | { readonly error: string };
  /** What a command that does nothing else ends with. */
  readonly exitCode: number;
}

/** Work that is done on a schedule and on command, never twice at once; its signal asks it to give up. */
export class Job {
  readonly runs$ = new Subject<JobRun>();
  readonly name: string;
  readonly #work: (signal: AbortSignal) => Promise<object>;
  readonly #log: Log;
  readonly #alarms: Alarm[] = [];
  #running: Promise<JobRun> | undefined;
  readonly #stopping = new AbortController();

  constructor(name: string, work: (signal: AbortSignal) => Promise<object>, log: Log) {
    this.name = name;
    this.#work = work;
    this.#log = log;
  }

  /**
   * @param cron five fields, in `timeZone`
   * @param isDue is asked at each ring, if given; what it throws is left to the next one
   */
  schedule(cron: string, timeZone: string, isDue?: () => Promise<boolean>): void {
    if (this.#stopping.signal.aborted) return;
    const ring = (): void => void (isDue === undefined ? this.run() : this.runIf(isDue));
    this.#alarms.push(scheduleJob({ rule: cron, tz: timeZone }, ring));
  }

  /** Runs it if it is due, and is not under way. */
  async runIf(isDue: () => Promise<boolean>): Promise<void> {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    const due = await isDue().catch((error: unknown) => {
      this.#log.warn({ err: error }, `${this.name}: whether it is due cannot be told now`);
      return false;
    });
    if (due && !this.#stopping.signal.aborted) await this.run();
  }

  /** Runs it now, or waits for the run that is under way. A failure is logged, and is the run's outcome. */
  run(): Promise<JobRun> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends the schedule, asks the run that is under way to give up, and waits until it has. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`${this.name} was stopped`));
    for (const alarm of this.#alarms) alarm.cancel();
    await this.#running;
    this.runs$.complete();
  }

  async #run(): Promise<JobRun> {
    const { signal } = this.#stopping;
    const startedAt = performance.now();
    const work = signal.aborted ? Promise.reject(signal.reason) : this.#work(signal);
    let exitCode = 0;
    const outcome = await work.then(
      (result) => ({ result }),
      (error: unknown) => {
        const hint = error instanceof EvidaError ? error.hint : undefined;
        this.#log[signal.aborted ? 'debug' : 'error']({ err: error, hint }, `${this.name} failed`);
        exitCode = error instanceof EvidaError ? error.exitCode : 1;
        return { error: messageOf(error) };
      },
    );
    const run = { job: this.name, durationMs: Math.round(performance.now() - startedAt), outcome, exitCode };
    if ('result' in outcome)
      this.#log.info({ ...outcome.result, durationMs: run.durationMs }, `${this.name} done`);
    this.runs$.next(run);
    return run;
  }
}

/** A run as one says it: "analysis done in 0.8 s: rows 1820". */
export function jobRunInWords({ job, durationMs, outcome }: JobRun): string {
  if ('error' in outcome) return `${job} failed: ${outcome.error}`;
  const facts = Object.entries(outcome.result).map(([name, value]) => `${name} ${value}`);
  return `${job} done in ${(durationMs / 1000).toFixed(1)} s: ${facts.join(', ')}`;
}
