import { createHash } from 'node:crypto';
import type { InfluxDB } from '@influxdata/influxdb-client';
import { type Task, TasksAPI } from '@influxdata/influxdb-client-apis';
import { EvidaError } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { type BucketConfig, orgId } from './buckets.ts';
import { defineFlux } from './flux.ts';
import { asInfluxError } from './influx-error.ts';

/** The tasks that run inside InfluxDB: their file in flux/tasks/ and their name, which is in the file too. */
const TASKS = [
  {
    name: 'evida downsample consumption',
    flux: defineFlux('tasks/downsample-consumption.flux', {
      telemetryBucket: 'string',
      historyBucket: 'string',
    }),
  },
] as const;

/**
 * What is to be done so that each task runs in the version of its file: known by its name, and by the hash in its
 * description. Names are not unique in InfluxDB; two of the same name are an error, since either may be somebody's.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function planTasks(influx: InfluxDB, config: BucketConfig): Promise<PlannedChange[]> {
  const {
    INFLUX_ORG: org,
    INFLUX_TELEMETRY_BUCKET: telemetryBucket,
    INFLUX_HISTORY_BUCKET: historyBucket,
  } = config;
  const changes: PlannedChange[] = [];
  for (const { name, flux } of TASKS) {
    changes.push(await planTask(influx, org, name, flux({ telemetryBucket, historyBucket })));
  }
  return changes;
}

async function planTask(influx: InfluxDB, org: string, name: string, flux: string): Promise<PlannedChange> {
  const what = `task "${name}"`;
  const tasksApi = new TasksAPI(influx);
  const description = `evida sha256:${createHash('sha256').update(flux).digest('hex')}`;
  const [task, ...others] = await findTasks(tasksApi, org, name);
  if (others.length > 0) {
    throw new EvidaError('INFLUX_REFUSED', {
      operation: `setting up ${what}`,
      problem: `there are ${others.length + 1} of this name`,
      hint: 'Remove all but one of them: influx task list, influx task delete.',
    });
  }
  if (task === undefined) {
    const create = async () =>
      tasksApi.postTasks({ body: { orgID: await orgId(influx, org), flux, description } });
    return { action: 'create', what, apply: () => told(create, what) };
  }
  if (task.description === description) return kept(what);
  const update = () => tasksApi.patchTasksID({ taskID: task.id, body: { flux, description } });
  return { action: 'update', what, apply: () => told(update, what) };
}

async function findTasks(tasksApi: TasksAPI, org: string, name: string): Promise<Task[]> {
  try {
    return (await tasksApi.getTasks({ org, name })).tasks ?? [];
  } catch (error) {
    throw asInfluxError(error, `looking for task "${name}"`);
  }
}

async function told(work: () => Promise<unknown>, what: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw asInfluxError(error, `setting up ${what}`);
  }
}
