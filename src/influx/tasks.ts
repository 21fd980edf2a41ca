import { fluxString, type InfluxDB } from '@influxdata/influxdb-client';
import { type Task, TasksAPI } from '@influxdata/influxdb-client-apis';
import { EvidaError } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { type BucketConfig, orgId } from './buckets.ts';
import { defineFlux } from './flux.ts';
import { toldByInflux } from './influx-error.ts';

/** The tasks that run inside InfluxDB: their file in flux/tasks/, and their name in it. */
const TASKS = [
  {
    name: 'evida downsample consumption',
    flux: defineFlux('tasks/downsample-consumption.flux', {
      telemetryBucket: 'string',
      historyBucket: 'string',
    }),
  },
  {
    name: 'evida downsample meter',
    flux: defineFlux('tasks/downsample-meter.flux', { telemetryBucket: 'string', historyBucket: 'string' }),
  },
] as const;

/**
 * What is to be done so that each task runs in the version of its file, for these buckets. Names are not unique in
 * InfluxDB; two of the same name are an error, since either may be somebody's.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function planTasks(influx: InfluxDB, config: BucketConfig): Promise<PlannedChange[]> {
  const telemetryBucket = config.INFLUX_TELEMETRY_BUCKET;
  const historyBucket = config.INFLUX_HISTORY_BUCKET;
  const changes: PlannedChange[] = [];
  for (const { name, flux } of TASKS) {
    // Several installations in one org have buckets of their own, and so tasks of their own.
    const ownName = `${name}: ${telemetryBucket}, ${historyBucket}`;
    const text = named(flux({ telemetryBucket, historyBucket }), name, ownName);
    changes.push(await planTask(influx, config.INFLUX_ORG, ownName, text));
  }
  return changes;
}

/** InfluxDB wants a task's name as a literal in its text. */
function named(flux: string, name: string, ownName: string): string {
  const [before, after, ...more] = flux.split(`name: "${name}"`);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new EvidaError('FLUX_PARAMETER', {
      operation: `naming task "${name}"`,
      problem: 'its file does not hold this name once',
    });
  }
  return `${before}name: ${fluxString(ownName)}${after}`;
}

async function planTask(influx: InfluxDB, org: string, name: string, flux: string): Promise<PlannedChange> {
  const what = `task "${name}"`;
  const tasksApi = new TasksAPI(influx);
  const [task, ...others] = await findTasks(tasksApi, org, name);
  if (others.length > 0) {
    throw new EvidaError('INFLUX_REFUSED', {
      operation: `setting up ${what}`,
      problem: `there are ${others.length + 1} of this name`,
      hint: 'Remove all but one of them: influx task list, influx task delete.',
    });
  }
  const status = 'active' as const;
  if (task === undefined) {
    const create = async () =>
      void (await tasksApi.postTasks({ body: { orgID: await orgId(influx, org), flux, status } }));
    return { action: 'create', what, apply: () => toldByInflux(`setting up ${what}`, create) };
  }
  if (task.flux === flux && task.status === status) return kept(what);
  const update = async () => void (await tasksApi.patchTasksID({ taskID: task.id, body: { flux, status } }));
  return { action: 'update', what, apply: () => toldByInflux(`setting up ${what}`, update) };
}

async function findTasks(tasksApi: TasksAPI, org: string, name: string): Promise<Task[]> {
  return (
    (await toldByInflux(`looking for task "${name}"`, () => tasksApi.getTasks({ org, name }))).tasks ?? []
  );
}
