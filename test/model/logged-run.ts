import { merge, Subject } from 'rxjs';
import type { ConnectionRules } from '../../streams/connection.ts';
import type { Observation } from '../../streams/observation.ts';
import type { PhotographRules } from '../../streams/photograph.ts';
import type { Point } from '../../streams/point.ts';
import type { Reducers } from '../../streams/recovery.ts';
import { sampleUtilization } from '../../streams/sample-utilization.ts';
import { settlePhotograph } from '../../streams/settle-photograph.ts';
import { StreamScheduler } from '../../streams/stream-scheduler.ts';
import { toConnectionPoint } from '../../streams/to-connection-point.ts';
import { toGapPoint } from '../../streams/to-gap-point.ts';
import { toPhotographPoint } from '../../streams/to-photograph-point.ts';
import { toUtilizationPoint } from '../../streams/to-utilization-point.ts';
import type { UtilizationRules } from '../../streams/utilization.ts';
import { watchConnection } from '../../streams/watch-connection.ts';

/** One record of a log. */
export type LogRecord =
  | { readonly kind: 'observation'; readonly observation: Observation }
  | { readonly kind: 'point'; readonly point: Point };

export interface AllRules {
  readonly photographs: PhotographRules;
  readonly connections: ConnectionRules;
  readonly utilization: UtilizationRules;
}

/** All streams as they run live, and the one log that they write (architecture.md, "Delivery"). */
export class LoggedRun {
  readonly log: LogRecord[] = [];
  readonly #scheduler: StreamScheduler;
  readonly #observations = new Subject<Observation>();

  constructor(rules: AllRules, reducers: Required<Reducers>, nowMs: number) {
    this.#scheduler = new StreamScheduler(nowMs);
    const { photographs, connections, utilization } = reducers;
    merge(
      this.#observations.pipe(toGapPoint()),
      this.#observations.pipe(
        settlePhotograph(rules.photographs, this.#scheduler, () => photographs),
        toPhotographPoint(),
      ),
      this.#observations.pipe(
        watchConnection(rules.connections, this.#scheduler, () => connections),
        toConnectionPoint(),
      ),
      this.#observations.pipe(
        sampleUtilization(rules.utilization, this.#scheduler, () => utilization),
        toUtilizationPoint(),
      ),
    ).subscribe((point) => this.log.push({ kind: 'point', point }));
  }

  /** What is due by its time is recorded before it; of a time that nobody observed, nothing. */
  observe(observation: Observation): void {
    if (observation.kind === 'unobserved') this.#scheduler.skipTo(observation.receivedAt);
    else this.#scheduler.advanceTo(observation.receivedAt);
    this.log.push({ kind: 'observation', observation });
    this.#observations.next(observation);
  }

  advanceTo(nowMs: number): void {
    this.#scheduler.advanceTo(nowMs);
  }
}
