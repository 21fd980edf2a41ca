import type { GraphFieldConfig } from '@grafana/grafana-foundation-sdk/common';
import type { Threshold } from '@grafana/grafana-foundation-sdk/dashboard';
import { inDays, startOf } from '../business-days.ts';
import { createDashboard, type Dashboard } from '../dashboard.ts';
import { VOLTAGE_V } from '../limits.ts';
import {
  BARS,
  type Look,
  link,
  STEPS,
  stat,
  stateTimeline,
  THRESHOLD_LINES,
  table,
  timeSeries,
  type Unit,
  type UnplacedPanel,
} from '../panels.ts';
import type { Settings } from '../settings.ts';
import { flux, sql } from '../targets.ts';
import { joinByField } from '../transformations.ts';
import {
  BOX,
  historyBucket,
  IN_BOXES,
  IN_OUTLET,
  OUTLET,
  PLACE,
  telemetryBucket,
  timeZone,
} from '../variables.ts';
import { CONNECTION, REVENUE, STATUS } from '../words.ts';

/** *Box and outlet*: all that is known of one box, and of one of its outlets. */
export function boxAndOutlet(settings: Settings): Dashboard {
  const values = photographedValues(settings);
  return createDashboard({
    uid: 'evida-box',
    title: 'Box and outlet',
    description:
      'What one box and one of its outlets did: connection, photographs, sessions, meter, and what was billed.',
    from: 'now-24h',
    refresh: '1m',
    variables: [
      ...PLACE,
      BOX,
      OUTLET,
      timeZone(settings),
      historyBucket(settings),
      telemetryBucket(settings),
    ],
    annotations: [
      {
        name: 'Photographs, with their reasons',
        target: flux('reasons', 'photograph-reasons'),
        on: values.map(({ title = '' }) => title),
      },
    ],
    rows: [
      { title: 'The box', panels: [place(), billedToday(), connection(), outlets()] },
      { title: 'The outlet', panels: [...values, sessions(), photographs()] },
      { title: 'Energy of the box', panels: [energyByDay(), meterAndOutlets(), meter()] },
    ],
  });
}

const NO_PHOTOGRAPHS = 'No photographs in this time range';

function place(): UnplacedPanel {
  return table({
    title: 'Where it is',
    description: 'The box as Eboost has it.',
    unit: 'none',
    noValue: 'Eboost does not know this box',
    width: 14,
    height: 4,
    targets: [
      sql(
        'place',
        `SELECT name, address, district, city, CASE WHEN in_service THEN 'in service' ELSE 'out of service' END AS service FROM box_place WHERE ${IN_BOXES}`,
      ),
    ],
    fields: {
      name: { displayName: 'Name' },
      address: { displayName: 'Address' },
      district: { displayName: 'District' },
      city: { displayName: 'City' },
      service: { displayName: 'Service' },
    },
  });
}

function billedToday(): UnplacedPanel {
  return stat({
    title: 'Billed today by the box',
    description:
      'Charging events of the box that started on this business day and have ended, as of the last run of the analysis (ANALYSIS_SCHEDULE, hourly by default).',
    unit: 'none',
    noValue: 'Eboost does not know this box',
    width: 10,
    height: 4,
    targets: [sql('today', `SELECT revenue, billed_kwh, charging_events FROM box_today WHERE ${IN_BOXES}`)],
    fields: {
      revenue: REVENUE,
      billed_kwh: { displayName: 'Energy billed', unit: 'kwatth', decimals: 1 },
      charging_events: { displayName: 'Charging events' },
    },
  });
}

function connection(): UnplacedPanel {
  return stateTimeline({
    title: 'Connection',
    description:
      'Offline: the box says so itself, or its broker does. Silent: nothing was heard of it for SILENT_AFTER.',
    unit: 'none',
    noValue: 'It was not listened to in this time range',
    width: 24,
    height: 4,
    mappings: CONNECTION,
    targets: [flux('connection', 'box-connection', { functions: ['connection-states', 'held-over'] })],
    fields: { state: { displayName: 'Box' } },
  });
}

function outlets(): UnplacedPanel {
  return stateTimeline({
    title: 'Outlets',
    description:
      'The status of each outlet from one photograph to the next. While the box is silent it is what was last heard. A band leads to its outlet.',
    unit: 'none',
    noValue: NO_PHOTOGRAPHS,
    width: 24,
    height: 9,
    displayName: 'Outlet ${__field.labels.outlet}',
    mappings: STATUS,
    links: [
      link(
        'This outlet',
        '/d/evida-box?var-box=${box}&var-outlet=${__field.labels.outlet}&${__url_time_range}',
      ),
    ],
    targets: [flux('statuses', 'outlet-statuses', { functions: ['held-over'] })],
  });
}

/** What the photographs of the outlet tell, each value with its deadband, and the power that follows from them. */
function photographedValues(settings: Settings): UnplacedPanel[] {
  const currentDeadbandA = settings.PHOTOGRAPH_CURRENT_DEADBAND_A;
  return [
    photographed({
      title: 'Current',
      field: 'current_a',
      unit: 'amp',
      deadband: currentDeadbandA,
      description:
        'The dashed line is what counts as drawing while the outlet is not charging (PHOTOGRAPH_CURRENT_DEADBAND_A).',
      thresholds: [
        { value: null, color: 'transparent' },
        { value: currentDeadbandA, color: 'orange' },
      ],
      scale: { axisSoftMin: 0, axisSoftMax: 1.5 * currentDeadbandA },
    }),
    timeSeries({
      title: 'Power',
      description: 'Voltage times current times power factor, in each photograph that has all three.',
      unit: 'watt',
      noValue: NO_PHOTOGRAPHS,
      width: 12,
      height: 8,
      min: 0,
      targets: [flux('power', 'photographed-power', { functions: ['held-over'] })],
      fields: { power_w: { displayName: 'Power', color: 'orange' } },
      style: STEPS,
    }),
    photographed({
      title: 'Voltage',
      field: 'voltage_v',
      unit: 'volt',
      deadband: settings.PHOTOGRAPH_VOLTAGE_DEADBAND_V,
      description: 'It is compared only while charging. The dashed lines are 230 V less and plus 10 %.',
      thresholds: [
        { value: null, color: 'transparent' },
        { value: VOLTAGE_V.lowest, color: 'red' },
        { value: VOLTAGE_V.highest, color: 'red' },
      ],
      scale: { axisSoftMin: VOLTAGE_V.lowest - 5, axisSoftMax: VOLTAGE_V.highest + 5 },
    }),
    photographed({
      title: 'Power factor',
      field: 'power_factor',
      unit: 'percent',
      deadband: settings.PHOTOGRAPH_POWER_FACTOR_DEADBAND,
      description: 'It is compared only while charging.',
      scale: { axisSoftMin: 0, axisSoftMax: 100 },
    }),
    photographed({
      title: 'Energy register',
      field: 'energy_kwh',
      unit: 'kwatth',
      deadband: settings.PHOTOGRAPH_ENERGY_DEADBAND_KWH,
      description: 'It only falls when the box has begun it anew.',
    }),
  ];
}

interface Photographed {
  readonly title: string;
  readonly description: string;
  readonly field: string;
  readonly unit: Unit;
  readonly deadband: number;
  readonly thresholds?: readonly Threshold[];
  readonly scale?: Pick<GraphFieldConfig, 'axisSoftMin' | 'axisSoftMax'>;
}

/** A value as steps from one photograph to the next, in the band that it has to leave to be photographed. */
function photographed({
  title,
  description,
  field,
  unit,
  deadband,
  scale,
  ...look
}: Photographed): UnplacedPanel {
  const edge: Look = {
    color: 'blue',
    custom: { lineWidth: 0, hideFrom: { legend: true, tooltip: true, viz: false } },
  };
  return timeSeries({
    title,
    description: `As photographed: it holds until the next photograph. A change that stays inside the band (the deadband, ${deadband} to both sides) is not recorded. ${description}`,
    unit,
    noValue: NO_PHOTOGRAPHS,
    width: 12,
    height: 8,
    targets: [
      flux('values', 'photographed-values', { functions: ['held-over'], params: { field, deadband } }),
    ],
    fields: {
      photographed: { displayName: title, color: 'blue' },
      low: edge,
      high: { ...edge, custom: { ...edge.custom, fillBelowTo: 'low', fillOpacity: 15 } },
    },
    ...look,
    style: { ...STEPS, ...scale, ...(look.thresholds !== undefined && THRESHOLD_LINES) },
  });
}

function sessions(): UnplacedPanel {
  return table({
    title: 'Sessions of the outlet',
    description:
      'Metered sessions, built from photographs, beside what was billed for them, as of the last run of the analysis. Recovered: time that was not observed lies in it. Abandoned: its end was never heard.',
    unit: 'none',
    noValue: 'No sessions in this time range',
    width: 24,
    height: 9,
    targets: [
      sql(
        'sessions',
        `SELECT start_time, end_time, state, metered_kwh, billed_kwh, revenue, peak_power_w, mean_power_factor, transaction_id::text FROM outlet_session WHERE ${IN_BOXES} AND ${IN_OUTLET} AND start_time <= $__timeTo() AND coalesce(end_time, now()) >= $__timeFrom() ORDER BY start_time DESC`,
      ),
    ],
    fields: {
      start_time: { displayName: 'From', unit: 'dateTimeAsLocal' },
      end_time: { displayName: 'To', unit: 'dateTimeAsLocal', noValue: 'goes on' },
      state: { displayName: 'State' },
      metered_kwh: { displayName: 'Metered', unit: 'kwatth', decimals: 3 },
      billed_kwh: { displayName: 'Billed', unit: 'kwatth', decimals: 3, noValue: 'not billed' },
      revenue: REVENUE,
      peak_power_w: { displayName: 'Peak power', unit: 'watt' },
      mean_power_factor: { displayName: 'Mean power factor', unit: 'percent', decimals: 0 },
      transaction_id: { displayName: 'Transaction' },
    },
  });
}

function photographs(): UnplacedPanel {
  return table({
    title: 'Photographs',
    description: 'The latest thousand photographs of the outlet, with all that is in them.',
    unit: 'none',
    noValue: NO_PHOTOGRAPHS,
    width: 24,
    height: 10,
    targets: [flux('photographs', 'photographs-of-outlet')],
    fields: {
      time: { displayName: 'Time', unit: 'dateTimeAsLocal' },
      reason: { displayName: 'Reason' },
      status: { displayName: 'Status', mappings: STATUS, custom: { cellOptions: { type: 'color-text' } } },
      current_a: { displayName: 'Current', unit: 'amp' },
      power_factor: { displayName: 'Power factor', unit: 'percent' },
      voltage_v: { displayName: 'Voltage', unit: 'volt' },
      power_w: { displayName: 'Power', unit: 'watt' },
      energy_kwh: { displayName: 'Energy register', unit: 'kwatth', decimals: 3 },
      command: { displayName: 'Command' },
      register_reset: { displayName: 'Register begun anew' },
      backlog: { displayName: 'Heard late' },
    },
  });
}

function energyByDay(): UnplacedPanel {
  return timeSeries({
    title: 'Meter, outlets and bills by day',
    description:
      "By business day: the increase of the meter's register and of the outlets' registers (InfluxDB), and what was billed of the charging events that started on the day (Postgres). The meter's is of the days that the readings are kept for. A lasting gap is energy that nobody pays for.",
    unit: 'kwatth',
    noValue: 'No energy in this time range',
    width: 24,
    height: 9,
    min: 0,
    targets: [
      flux('meter', 'meter-energy-by-day', { functions: ['energy-increases'] }),
      flux('metered', 'metered-energy-by-day', { functions: ['energy-increases'] }),
      sql(
        'billed',
        `SELECT ${startOf('day')} AS "time", billed_kwh AS billed FROM charging_event_day WHERE ${IN_BOXES} AND ${inDays()} ORDER BY day`,
      ),
    ],
    transformations: [joinByField('time', 'outer')],
    fields: {
      meter: { displayName: 'Meter', color: 'green' },
      metered: { displayName: 'Outlets', color: 'blue' },
      billed: { displayName: 'Billed', color: 'orange' },
    },
    style: BARS,
  });
}

function meterAndOutlets(): UnplacedPanel {
  return timeSeries({
    title: 'Meter and outlets by hour',
    description:
      'The increase of the register of the external meter in each hour, and that of the registers of all outlets. What the meter has more is what the box uses itself, or what leaves it elsewhere.',
    unit: 'kwatth',
    noValue: 'No readings in this time range',
    width: 12,
    height: 9,
    min: 0,
    targets: [flux('energy', 'meter-energy-by-hour', { functions: ['energy-increases'] })],
    fields: {
      meter: { displayName: 'Meter', color: 'green' },
      outlets: { displayName: 'Outlets', color: 'blue' },
    },
    style: BARS,
  });
}

function meter(): UnplacedPanel {
  return timeSeries({
    title: 'Meter',
    description:
      'Voltage (on the right) and current of the external meter, means over the intervals that fit the panel.',
    unit: 'amp',
    noValue: 'No readings in this time range',
    width: 12,
    height: 9,
    targets: [flux('meter', 'meter-values')],
    fields: {
      current_a: { displayName: 'Current', color: 'orange' },
      voltage_v: { displayName: 'Voltage', unit: 'volt', color: 'green', custom: { axisPlacement: 'right' } },
    },
  });
}
