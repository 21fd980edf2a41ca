/** Gives what stops these servers. Ctrl-C stops them, too: whoever waits for one of them hears of it by its end. */
export function endWith(
  signal: AbortSignal,
  servers: readonly { stop(): Promise<void> }[],
): () => Promise<unknown> {
  const stop = () => Promise.all(servers.map((server) => server.stop()));
  if (signal.aborted) void stop();
  else signal.addEventListener('abort', () => void stop(), { once: true });
  return stop;
}
