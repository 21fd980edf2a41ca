import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import type { SupervisorOrder } from './supervise.ts';

// The process between a parent and one server (see supervise.ts). Its stdin is the lifeline: the first line is
// the order, and end of file means "stop it", whether the parent asked for that or died. It imports nothing but
// Node's own modules, so that it starts fast and stays small.

let received = '';
let stop = (): void => process.exit(0);

process.stdin.setEncoding('utf8');
process.stdin.on('data', function readOrder(chunk: string) {
  received += chunk;
  const end = received.indexOf('\n');
  if (end === -1) return;
  process.stdin.off('data', readOrder);
  process.stdin.resume();
  run(JSON.parse(received.slice(0, end)));
  received = '';
});
process.stdin.on('end', () => stop());
process.stdin.on('error', () => stop());
// The parent may be gone, and then nobody reads what is reported.
process.stdout.on('error', () => undefined);
process.on('SIGTERM', () => stop());
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);

function run(order: SupervisorOrder): void {
  const log = openSync(order.logFile, 'w', 0o600);
  const server = spawn(order.command, order.args, {
    ...(order.env === undefined ? {} : { env: order.env }),
    ...(order.cwd === undefined ? {} : { cwd: order.cwd }),
    ...(order.uid === undefined ? {} : { uid: order.uid }),
    ...(order.gid === undefined ? {} : { gid: order.gid }),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let stopped = false;

  server.on('error', (error) => {
    if (server.pid === undefined) report({ error: error.message }, () => process.exit(0));
  });
  server.once('spawn', () => report({ pid: server.pid }));
  server.once('exit', (code, signal) => {
    signalGroup(server.pid, 'SIGKILL');
    if (stopped && order.removeWhenStopped !== undefined) {
      rmSync(order.removeWhenStopped, { recursive: true, force: true, maxRetries: 5 });
    }
    report({ code, signal }, () => process.exit(0));
  });
  stop = () => {
    if (stopped) return;
    stopped = true;
    if (order.wholeGroup === true) signalGroup(server.pid, order.stopSignal);
    else server.kill(order.stopSignal);
    setTimeout(() => signalGroup(server.pid, 'SIGKILL'), order.killAfterMs);
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
}

function report(what: object, done?: () => void): void {
  process.stdout.write(`${JSON.stringify(what)}\n`, () => done?.());
}
