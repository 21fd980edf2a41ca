/** npm hands a Ctrl-C on that the process has got already; what comes so soon after the first is the same one. */
const SAME_SIGNAL_MS = 500;

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(name, () => {
      firstAt ??= performance.now();
      if (!controller.signal.aborted) controller.abort(new Error(`stopped by ${name}`));
      else if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(128 + number);
    });
  }
  return controller.signal;
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
