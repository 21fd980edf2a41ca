import { EvidaError, messageOf } from '../errors.ts';
import { runningFile } from './running.ts';
import { Status } from './status.ts';

const ANSWER_WITHIN_MS = 5000;

/**
 * Asks the process that runs with this DATA_DIR how it is.
 * @throws EvidaError NOT_RUNNING if there is none, or it does not answer; DATA_FILE
 */
export async function askStatus(dataDir: string): Promise<Status> {
  const file = runningFile(dataDir);
  const operation = `asking the Evida of ${dataDir}`;
  const running = await file.read();
  if (running === undefined) {
    throw new EvidaError('NOT_RUNNING', {
      operation,
      problem: `there is no ${file.path}, so none runs`,
      hint: 'Start it with `evida run`; DATA_DIR must be the same here as there.',
    });
  }
  try {
    const response = await fetch(`${running.url}/status`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return Status.parse(await response.json());
  } catch (cause) {
    throw new EvidaError('NOT_RUNNING', {
      operation,
      problem: `process ${running.pid} does not answer at ${running.url} (${messageOf(cause)})`,
      hint: 'It may have been killed: `evida run` starts it again, and nothing that was acknowledged is lost.',
      cause,
    });
  }
}
