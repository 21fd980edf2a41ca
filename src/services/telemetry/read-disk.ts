import type { Config } from '../../config.ts';
import { DeadLetters } from '../../journal/dead-letters.ts';
import { Journal } from '../../journal/journal.ts';
import type { Log } from '../../log.ts';
import { DeadMessages } from './dead-messages.ts';
import { deadLettersDirectory, journalDirectory } from './directories.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { type RecoveredState, recover } from './recover.ts';

/** What a process finds in its DATA_DIR, open and folded. */
export interface FoundOnDisk {
  readonly journal: Journal;
  readonly letters: DeadLetters;
  readonly deadMessages: DeadMessages;
  readonly state: RecoveredState;
}

/**
 * Opens the log and the dead letters, and folds the one from its last snapshot on.
 * @throws EvidaError JOURNAL_REFUSED while the disk cannot be read or written; JOURNAL_FORMAT if a newer Evida wrote it
 */
export async function readDisk(config: Config, log: Log): Promise<FoundOnDisk> {
  const directory = journalDirectory(config.DATA_DIR);
  const letters = await DeadLetters.open({
    directory: deadLettersDirectory(config.DATA_DIR),
    maxBytes: config.DEAD_LETTERS_MAX,
    log,
  });
  const snapshot = await loadSnapshot(directory, log);
  const journal = await Journal.open({
    directory,
    maxBytes: config.JOURNAL_MAX,
    keepMs: config.JOURNAL_KEEP,
    after: Math.max(letters.lastId, snapshot?.lastSequence ?? 0),
    now: Date.now,
    log,
  });
  const deadMessages = new DeadMessages(letters, log);
  const state = await recover({ journal, snapshot, deadMessages, config, log });
  return { journal, letters, deadMessages, state };
}
