import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { EboostApi } from '../eboost/api.ts';
import { planContainer } from '../services/backup/container.ts';
import { examineInflux } from './examine-influx.ts';
import { examineMqtt } from './examine-mqtt.ts';
import { examineEboostDatabase, examinePostgres } from './examine-postgres.ts';
import { examine, type Finding, fault, ok, warning } from './finding.ts';

const DISK_ROOM_BYTES = 1e9;
const DEADLINE_MS = 10_000;

/**
 * Examines everything that Evida depends on, side by side; a fault of one part hides no other, and a part that does not
 * answer is told as such when the deadline is over.
 * @param now ms UTC
 */
export async function diagnose(
  config: Config,
  now: () => number,
  deadlineMs = DEADLINE_MS,
): Promise<Finding[]> {
  const findings = await Promise.all([
    examineMqtt(config, deadlineMs),
    examineInflux(config, now, deadlineMs),
    examinePostgres(config, now, deadlineMs),
    examineEboostApi(config, deadlineMs),
    examineEboostDatabase(config, deadlineMs),
    examineBlobStorage(config, deadlineMs),
    examineDisk(config.DATA_DIR, deadlineMs),
  ]);
  return findings.flat();
}

function examineEboostApi(config: Config, deadlineMs: number): Promise<readonly Finding[]> {
  const part = 'Eboost API';
  const { EBOOST_API_URL: url, EBOOST_API_USERNAME: username, EBOOST_API_PASSWORD: password } = config;
  return examine(part, 'Check EBOOST_API_URL, and that the API runs.', deadlineMs, async (signal) => {
    const { length } = await new EboostApi({ url, username, password }).listBoxes(signal);
    if (length > 0) return [ok(part, `${length} boxes are listed at ${url}`)];
    return [warning(part, 'no box is listed', 'Check that this user may see the boxes.')];
  });
}

function examineBlobStorage(config: Config, deadlineMs: number): Promise<readonly Finding[]> {
  const part = 'Blob storage';
  return examine(part, 'Check AZURE_STORAGE_CONNECTION_STRING.', deadlineMs, async () => {
    const { action, what } = await planContainer(
      config.AZURE_STORAGE_CONNECTION_STRING,
      config.BACKUP_CONTAINER,
    );
    return [
      action === 'keep'
        ? ok(part, `${what} is there`)
        : fault(part, `there is no ${what}`, 'Run `evida setup`.'),
      ...(config.BACKUP_KEY_FILE === undefined ? [UNENCRYPTED] : []),
    ];
  });
}

const UNENCRYPTED = warning(
  'Blob storage',
  'backups are not encrypted before they leave',
  'Set BACKUP_KEY_FILE; openssl rand -base64 32 makes a key. Keep a copy of it elsewhere.',
);

/** The directory itself, or the one in which it will be made. */
function nearestExisting(directory: string): string {
  return existsSync(directory) ? directory : nearestExisting(dirname(directory));
}

function examineDisk(directory: string, deadlineMs: number): Promise<readonly Finding[]> {
  const part = 'Disk';
  return examine(part, 'Check DATA_DIR.', deadlineMs, async () => {
    const { bavail, bsize } = await statfs(nearestExisting(resolve(directory)));
    const free = bavail * bsize;
    const words = `${(free / 1e9).toFixed(1)} GB free in ${directory}`;
    return [
      free >= DISK_ROOM_BYTES
        ? ok(part, words)
        : fault(part, words, 'Make room: backups pass through this directory.'),
    ];
  });
}
