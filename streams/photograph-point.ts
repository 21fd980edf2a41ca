import { isReason, type Photograph } from './photograph.ts';
import type { PhotographPoint } from './point.ts';
import { fromField, JOULES_PER_KWH, MILLIAMPERE_PER_AMPERE, toField } from './units.ts';
import { UNKNOWN } from './unknown.ts';

/** The form in which InfluxDB keeps a photograph: A, kWh, W; unknown values are absent. */
export function photographPoint(photograph: Photograph): PhotographPoint {
  const { box, outlet, timeMs, status, reason, command, registerReset, backlog } = photograph;
  return {
    measurement: 'photograph',
    tags: { box, outlet },
    timeMs,
    fields: {
      status,
      current_a: toField(photograph.currentMa, MILLIAMPERE_PER_AMPERE),
      power_factor: toField(photograph.powerFactor),
      voltage_v: toField(photograph.voltageV),
      energy_kwh: toField(photograph.energyJ, JOULES_PER_KWH),
      power_w: powerW(photograph),
      reason,
      command: toField(command),
      register_reset: registerReset || undefined,
      backlog: backlog || undefined,
    },
  };
}

/** The photograph that a point was made of, exact to the last bit; undefined if it says no status or no reason that is known. */
export function photographOf({ tags, timeMs, fields }: PhotographPoint): Photograph | undefined {
  const { status, reason } = fields;
  if (status === undefined || !isReason(reason)) return undefined;
  return {
    box: tags.box,
    outlet: tags.outlet,
    timeMs,
    reason,
    status,
    currentMa: fromField(fields.current_a, MILLIAMPERE_PER_AMPERE),
    powerFactor: fromField(fields.power_factor),
    voltageV: fromField(fields.voltage_v),
    energyJ: fromField(fields.energy_kwh, JOULES_PER_KWH),
    command: fromField(fields.command),
    registerReset: fields.register_reset ?? false,
    backlog: fields.backlog ?? false,
  };
}

function powerW({ voltageV, currentMa, powerFactor }: Photograph): number | undefined {
  const isKnown = voltageV !== UNKNOWN && currentMa !== UNKNOWN && powerFactor !== UNKNOWN;
  return isKnown ? (voltageV * currentMa * powerFactor) / 100_000 : undefined;
}
