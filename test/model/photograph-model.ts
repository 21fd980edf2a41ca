import type { Observation } from '../../streams/observation.ts';
import type { Photograph, PhotographRules, Reason } from '../../streams/photograph.ts';
import type { Readings } from '../../streams/reading.ts';
import { UNKNOWN } from '../../streams/unknown.ts';

/**
 * The photographs rules of docs/domain.md, as slowly and as literally as they can be written: it lives through every
 * millisecond that was observed, and looks at everything each time. It shares nothing with the operators but their types.
 */
export function modelPhotographs(
  observations: readonly Observation[],
  rules: PhotographRules,
  untilMs: number,
): Photograph[] {
  const taken: Photograph[] = [];
  const boxes = new Map<number, Box>();
  let now = observations[0]?.receivedAt ?? untilMs;
  // What falls due at the arrival of a message comes before it.
  const liveUntil = (ms: number) => {
    takeAllDue(boxes, now, rules, taken);
    while (now < ms) takeAllDue(boxes, ++now, rules, taken);
  };
  for (const observation of observations) {
    const { kind, receivedAt } = observation;
    liveUntil(kind === 'unobserved' ? observation.from : receivedAt);
    if (kind === 'unobserved') passGap(boxes, now, receivedAt, rules, taken);
    else if (kind === 'removed') remove(boxes, observation.box, receivedAt, taken);
    else if (kind === 'readings') {
      const box = boxes.get(observation.box) ?? newBox(observation.box, receivedAt);
      boxes.set(observation.box, box);
      fold(box, observation, rules, taken);
    }
    now = receivedAt;
  }
  liveUntil(untilMs);
  return taken;
}

interface Values {
  current?: number | undefined;
  powerFactor?: number | undefined;
  voltage?: number | undefined;
  energy?: number | undefined;
}

interface Outlet {
  index: number;
  status?: number;
  current?: number | undefined;
  powerFactor?: number | undefined;
  energy?: number;
  heldEnergy?: number | undefined;
  everReported: Set<string>;
  arrivedSinceStatus: Set<string>;
  /** The command that the status followed. */
  commandOfStatus?: number | undefined;
  lastFoldedAt: number;
  lastLiveAt: number;
  lastChangeAt: number;
  command?: { digit: number; at: number } | undefined;
  resetSeen: boolean;
  backlogSeen: boolean;
  missedInterval: boolean;
  due?: { reason: Reason; since: number; anchor: Values; lastSignificantAt: number } | undefined;
  last?: { time: number; status: number; values: Values };
}

interface Box {
  number: number;
  online?: boolean;
  voltage?: number;
  outlets: Outlet[];
}

function newBox(number: number, now: number): Box {
  const outlets = Array.from({ length: 10 }, (_, index) => ({
    index,
    everReported: new Set<string>(),
    arrivedSinceStatus: new Set<string>(),
    lastFoldedAt: now,
    lastLiveAt: now,
    lastChangeAt: Number.NEGATIVE_INFINITY,
    resetSeen: false,
    backlogSeen: false,
    missedInterval: false,
  }));
  return { number, outlets };
}

const valuesOf = (box: Box, outlet: Outlet): Values => ({
  current: outlet.current,
  powerFactor: outlet.powerFactor,
  voltage: box.voltage,
  energy: outlet.energy,
});

const deadbandsOf = (rules: PhotographRules) =>
  [
    ['current', rules.currentDeadbandMa],
    ['powerFactor', rules.powerFactorDeadband],
    ['voltage', rules.voltageDeadbandV],
    ['energy', rules.energyDeadbandJ],
  ] as const;

/** Whether a value lies a deadband from its reference, or is known where the reference is not. */
function moved(values: Values, reference: Values, rules: PhotographRules): boolean {
  return deadbandsOf(rules).some(([name, deadband]) => {
    const [value, from] = [values[name], reference[name]];
    if (value === undefined) return false;
    return from === undefined || Math.abs(value - from) >= deadband;
  });
}

/** Rule 3. */
function calledFor(box: Box, outlet: Outlet, rules: PhotographRules): 'change' | 'draw' | undefined {
  if (outlet.last === undefined || outlet.status === undefined || outlet.status === 6) return undefined;
  const reference = outlet.last.values;
  if (outlet.status === 2) return moved(valuesOf(box, outlet), reference, rules) ? 'change' : undefined;
  const current =
    outlet.current !== undefined &&
    Math.abs(outlet.current - (reference.current ?? 0)) >= rules.currentDeadbandMa;
  const energy =
    outlet.energy !== undefined &&
    reference.energy !== undefined &&
    Math.abs(outlet.energy - reference.energy) >= rules.energyDeadbandJ;
  return current || energy ? 'draw' : undefined;
}

const waits = (reason: Reason) => reason === 'first' || reason === 'status';
const isComplete = (outlet: Outlet) =>
  [...outlet.everReported].every((name) => outlet.arrivedSinceStatus.has(name));

function takeAllDue(
  boxes: ReadonlyMap<number, Box>,
  now: number,
  rules: PhotographRules,
  taken: Photograph[],
): void {
  for (const box of boxes.values())
    for (const outlet of box.outlets) takeWhatIsDue(box, outlet, now, rules, taken);
}

/** What the clock makes of an outlet at `now`: settled photographs, then intervals. */
function takeWhatIsDue(
  box: Box,
  outlet: Outlet,
  now: number,
  rules: PhotographRules,
  taken: Photograph[],
): void {
  if (outlet.due !== undefined) {
    if (!isRipe(box, outlet, now, rules)) return;
    if (!isUndone(box, outlet, rules)) {
      take(box, outlet, outlet.due.reason, outlet.lastFoldedAt, taken);
      return;
    }
    outlet.due = undefined;
  }
  if (!intervalIsDue(outlet, now, rules) || outlet.last === undefined) return;
  if (box.online === false || now - outlet.lastLiveAt >= rules.silentAfterMs) outlet.missedInterval = true;
  else {
    const time = outlet.last.time + intervalOf(outlet, rules);
    take(box, outlet, outlet.status === 2 ? 'interval' : 'idle', time, taken);
  }
}

const intervalOf = (outlet: Outlet, rules: PhotographRules) =>
  outlet.status === 2 ? rules.intervalMs : rules.idleIntervalMs;

/** Rule 6. */
function intervalIsDue(outlet: Outlet, now: number, rules: PhotographRules): boolean {
  const { last, status, missedInterval } = outlet;
  if (last === undefined || status === undefined || status === 6 || missedInterval) return false;
  return now >= last.time + intervalOf(outlet, rules);
}

/** Whether what is due is not to be waited for any longer at `now`. */
function isRipe(box: Box, outlet: Outlet, now: number, rules: PhotographRules): boolean {
  const { due } = outlet;
  if (due === undefined) return false;
  const settled =
    now >= due.lastSignificantAt + rules.settleMs && !(waits(due.reason) && !isComplete(outlet));
  const waitedEnough = now >= due.since + rules.settleMaxMs;
  return settled || waitedEnough || (intervalIsDue(outlet, now, rules) && box.online !== false);
}

/** Whether a `change` or `draw` is back inside its deadbands. */
function isUndone(box: Box, outlet: Outlet, rules: PhotographRules): boolean {
  const reason = outlet.due?.reason;
  return (reason === 'change' || reason === 'draw') && calledFor(box, outlet, rules) === undefined;
}

/** "Silence, connection, gaps" rule 2: nothing fires between `from` and `to`, and what has settled by then is taken. */
function passGap(
  boxes: ReadonlyMap<number, Box>,
  from: number,
  to: number,
  rules: PhotographRules,
  taken: Photograph[],
): void {
  for (const box of boxes.values()) {
    for (const outlet of box.outlets) {
      if (from - outlet.lastLiveAt < rules.silentAfterMs) outlet.lastLiveAt = to;
      if (outlet.due !== undefined && isRipe(box, outlet, to, rules)) {
        if (isUndone(box, outlet, rules)) outlet.due = undefined;
        else take(box, outlet, outlet.due.reason, outlet.lastFoldedAt, taken);
      }
      if (intervalIsDue(outlet, to, rules)) outlet.missedInterval = true;
    }
  }
}

/** A box that is no longer watched: nothing of it remains but what it is compared with when it comes back. */
function remove(boxes: Map<number, Box>, number: number, now: number, taken: Photograph[]): void {
  const box = boxes.get(number);
  if (box === undefined) return;
  const rest = newBox(number, now);
  boxes.set(number, rest);
  for (const [index, outlet] of box.outlets.entries()) {
    const reason = outlet.due?.reason;
    if (reason === 'first' || reason === 'status' || reason === 'reset')
      take(box, outlet, reason, outlet.lastFoldedAt, taken);
    const remaining = rest.outlets[index];
    if (remaining !== undefined && outlet.last !== undefined) remaining.last = outlet.last;
  }
}

function take(box: Box, outlet: Outlet, reason: Reason, time: number, taken: Photograph[]): void {
  const { status, last, commandOfStatus } = outlet;
  if (status === undefined) return;
  const values = valuesOf(box, outlet);
  const timeMs = last === undefined ? time : Math.max(time, last.time + 1);
  taken.push({
    box: box.number,
    outlet: outlet.index,
    timeMs,
    reason,
    status,
    currentMa: values.current ?? UNKNOWN,
    powerFactor: values.powerFactor ?? UNKNOWN,
    voltageV: values.voltage ?? UNKNOWN,
    energyJ: values.energy ?? UNKNOWN,
    command: waits(reason) ? (commandOfStatus ?? UNKNOWN) : UNKNOWN,
    registerReset: outlet.resetSeen,
    backlog: outlet.backlogSeen,
  });
  if (reason === 'change' || reason === 'draw') outlet.lastChangeAt = timeMs;
  outlet.last = { time: timeMs, status, values };
  outlet.due = undefined;
  outlet.resetSeen = false;
  outlet.backlogSeen = false;
  outlet.missedInterval = false;
}

function becomeDue(box: Box, outlet: Outlet, reason: Reason, message: Readings): void {
  const now = message.receivedAt;
  outlet.due = { reason, since: now, anchor: valuesOf(box, outlet), lastSignificantAt: now };
  outlet.lastFoldedAt = now;
  outlet.backlogSeen ||= message.backlog;
}

function fold(box: Box, message: Readings, rules: PhotographRules, taken: Photograph[]): void {
  const { quantity, receivedAt: now, retained, resumed, backlog } = message;
  const onlyUnknown = retained && resumed;
  if (quantity === 'status') {
    for (const { index, value } of message.values) {
      if (index === 10 && !(onlyUnknown && box.online !== undefined)) box.online = value === 0;
    }
  }
  if (quantity === 'voltage') {
    const value = message.values[0]?.value;
    if (value === undefined || value === box.voltage || (onlyUnknown && box.voltage !== undefined)) return;
    box.voltage = value;
    for (const outlet of box.outlets) {
      outlet.lastFoldedAt = now;
      outlet.backlogSeen ||= backlog;
      afterMessage(box, outlet, message, false, rules, taken);
    }
    return;
  }
  for (const { index, value } of message.values) {
    const outlet = box.outlets[index];
    if (outlet === undefined) continue;
    if (quantity === 'command') {
      if (!retained) outlet.command = { digit: value, at: now };
    } else if (quantity === 'status') {
      if (onlyUnknown && outlet.status !== undefined) continue;
      foldStatus(box, outlet, value, message, rules, taken);
      if (!retained) outlet.lastLiveAt = now;
      afterMessage(box, outlet, message, true, rules, taken);
    } else if (quantity === 'current' || quantity === 'powerFactor' || quantity === 'energy') {
      if (onlyUnknown && outlet[quantity] !== undefined) continue;
      foldValue(box, outlet, quantity, value, message);
      if (!retained) outlet.lastLiveAt = now;
      afterMessage(box, outlet, message, true, rules, taken);
    }
  }
}

/** Rules 2, 4 and 5. */
function foldStatus(
  box: Box,
  outlet: Outlet,
  status: number,
  message: Readings,
  rules: PhotographRules,
  taken: Photograph[],
): void {
  if (outlet.status === status) return;
  if (outlet.due !== undefined && waits(outlet.due.reason))
    take(box, outlet, outlet.due.reason, outlet.lastFoldedAt, taken);
  outlet.status = status;
  const { command } = outlet;
  outlet.commandOfStatus =
    command !== undefined && message.receivedAt - command.at <= 30_000 ? command.digit : undefined;
  outlet.command = undefined;
  outlet.arrivedSinceStatus.clear();
  outlet.current = undefined;
  outlet.powerFactor = undefined;
  outlet.backlogSeen ||= message.backlog;
  if (outlet.last === undefined) becomeDue(box, outlet, 'first', message);
  else if (outlet.last.status !== status) becomeDue(box, outlet, 'status', message);
  else if (intervalIsDue(outlet, message.receivedAt, rules)) outlet.missedInterval = true;
}

function foldValue(
  box: Box,
  outlet: Outlet,
  quantity: 'current' | 'powerFactor' | 'energy',
  value: number,
  message: Readings,
): void {
  if (
    quantity === 'energy' &&
    outlet.energy !== undefined &&
    value < outlet.energy &&
    outlet.heldEnergy === undefined
  ) {
    outlet.heldEnergy = value;
    return;
  }
  const isReset =
    quantity === 'energy' &&
    outlet.heldEnergy !== undefined &&
    outlet.energy !== undefined &&
    value < outlet.energy;
  if (quantity === 'energy') outlet.heldEnergy = undefined;
  const isNews = !outlet.arrivedSinceStatus.has(quantity) || outlet[quantity] !== value;
  outlet.everReported.add(quantity);
  outlet.arrivedSinceStatus.add(quantity);
  outlet[quantity] = value;
  if (isNews || isReset) {
    outlet.lastFoldedAt = message.receivedAt;
    outlet.backlogSeen ||= message.backlog;
  }
  if (!isReset) return;
  outlet.resetSeen = true;
  if (outlet.status === undefined || outlet.status === 6) return;
  if (outlet.due === undefined || !waits(outlet.due.reason)) becomeDue(box, outlet, 'reset', message);
}

function afterMessage(
  box: Box,
  outlet: Outlet,
  message: Readings,
  isOwn: boolean,
  rules: PhotographRules,
  taken: Photograph[],
): void {
  const now = message.receivedAt;
  const { due } = outlet;
  if (due === undefined) {
    const mayChange = now >= outlet.lastChangeAt + rules.changeMinIntervalMs;
    const reason = mayChange ? calledFor(box, outlet, rules) : undefined;
    if (reason !== undefined) becomeDue(box, outlet, reason, message);
    else if (isOwn && !message.retained && outlet.missedInterval && box.online !== false) {
      becomeDue(box, outlet, outlet.status === 2 ? 'interval' : 'idle', message);
    }
    return;
  }
  if (waits(due.reason) && isComplete(outlet) && now >= due.lastSignificantAt + rules.settleMs) {
    take(box, outlet, due.reason, outlet.lastFoldedAt, taken);
    return;
  }
  const values = valuesOf(box, outlet);
  if (!moved(values, due.anchor, rules)) return;
  due.anchor = values;
  due.lastSignificantAt = now;
}
