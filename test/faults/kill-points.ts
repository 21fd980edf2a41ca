/** Where a process can be made to kill itself (kill-at.ts), and what that is called in the report. */
export const KILL_POINTS = {
  committed: 'between commit and PUBACK',
  decided: 'between decision and commit',
  torn: 'in the middle of a commit',
  written: 'between write and cursor',
  'snapshot-half': 'in the middle of a snapshot',
  'snapshot-whole': 'between a snapshot and its name',
  deleted: 'during segment deletion',
} as const;

export type KillPoint = keyof typeof KILL_POINTS;
