const LOOK_EVERY_MS = 1000;

/**
 * Aborted when npm, which started this process by `npm start` (with `exec`, so it is the parent), is gone: a SIGKILL
 * of npm reaches nobody else.
 * Started in any other way, a process may well outlive its parent.
 */
export function parentGone(): AbortSignal {
  const controller = new AbortController();
  if (process.env.npm_lifecycle_event !== 'start') return controller.signal;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    controller.abort(new Error('npm is gone'));
  }, LOOK_EVERY_MS);
  timer.unref();
  return controller.signal;
}
