import { createDashboard, type Dashboard } from '../dashboard.ts';
import { geomap, type Look, stat, table, type UnplacedPanel } from '../panels.ts';
import type { Settings } from '../settings.ts';
import { flux, type SqlTarget, sql } from '../targets.ts';
import { joinByField, organize, sortBy, withValue } from '../transformations.ts';
import { historyBucket, IN_PLACE, PLACE } from '../variables.ts';
import { BOX, CONNECTION, REVENUE } from '../words.ts';

/** *Fleet*: what all boxes of some districts are doing, and what they earn today. */
export function fleet(settings: Settings): Dashboard {
  return createDashboard({
    uid: 'evida-fleet',
    title: 'Fleet',
    description:
      'What the boxes of the chosen districts are doing, where they are, and what they earn today. What is now is now at the end of the time range.',
    from: 'now-24h',
    refresh: '1m',
    variables: [...PLACE, historyBucket(settings)],
    rows: [
      { title: 'Now', panels: [outletsByStatus(), boxesByConnection(), billedToday()] },
      { title: 'Places', panels: [map(), boxesAway()] },
      { title: 'Boxes', panels: [boxes()] },
    ],
  });
}

const BOX_COLUMN: Look = { ...BOX, custom: { width: 70 } };
const STATE: Look = {
  displayName: 'Connection',
  mappings: CONNECTION,
  custom: { cellOptions: { type: 'color-text' }, width: 110 },
};
const CHARGING: Look = { displayName: 'Charging', color: 'orange' };
const POWER: Look = { displayName: 'Power', unit: 'watt' };
const EVENTS: Look = { displayName: 'Charging events' };
const BILLED: Look = { displayName: 'Energy billed', unit: 'kwatth', decimals: 1 };

/** Columns that the questions bring besides those that a panel shows. */
const COUNTS_LEFT_OUT = {
  ready: null,
  full: null,
  available: null,
  unplugged: null,
  other: null,
  online: null,
  offline: null,
  silent: null,
};

const NOT_YET = 'No photographs in two days';

function places(columns: string): SqlTarget {
  return sql('places', `SELECT box::text AS box${columns} FROM box_place WHERE ${IN_PLACE}`);
}

function outletsByStatus(): UnplacedPanel {
  return stat({
    title: 'Outlets by status',
    description:
      'Installed outlets by the status of their last photograph, and the power of all of them as it was photographed in the last hour. An outlet of a silent box counts with what was last heard of it, for two days.',
    unit: 'none',
    noValue: NOT_YET,
    width: 12,
    height: 5,
    calc: 'sum',
    targets: [places(', district'), flux('outlets', 'outlets-by-status'), flux('power', 'power-now')],
    transformations: [
      joinByField('box', 'outer'),
      withValue('district'),
      organize({
        district: null,
        box: null,
        charging: 'charging',
        ready: 'ready',
        full: 'full',
        available: 'available',
        unplugged: 'unplugged',
        other: 'other',
        power_w: 'power_w',
      }),
    ],
    fields: {
      charging: CHARGING,
      ready: { displayName: 'Ready', color: 'blue' },
      full: { displayName: 'Full', color: 'purple' },
      available: { displayName: 'Available', color: 'dark-green' },
      unplugged: { displayName: 'Unplugged', color: 'semi-dark-yellow' },
      other: { displayName: 'Other', color: 'text' },
      power_w: { ...POWER, color: 'text' },
    },
  });
}

function boxesByConnection(): UnplacedPanel {
  return stat({
    title: 'Boxes by connection',
    description:
      'Silent: nothing was heard of the box for SILENT_AFTER. Offline: it says so itself, or its broker does.',
    unit: 'none',
    noValue: 'No box has been listened to in two days',
    width: 5,
    height: 5,
    calc: 'sum',
    targets: [flux('connections', 'connections-now', { functions: ['connection-states'] }), places('')],
    transformations: [
      joinByField('box', 'inner'),
      organize({ box: null, state: null, online: 'online', offline: 'offline', silent: 'silent' }),
    ],
    fields: {
      online: { displayName: 'Online', color: 'dark-green' },
      offline: {
        displayName: 'Offline',
        thresholds: [
          { value: null, color: 'text' },
          { value: 1, color: 'red' },
        ],
      },
      silent: {
        displayName: 'Silent',
        thresholds: [
          { value: null, color: 'text' },
          { value: 1, color: 'dark-red' },
        ],
      },
    },
  });
}

function billedToday(): UnplacedPanel {
  return stat({
    title: 'Billed today',
    description:
      'Charging events that started on this business day and have ended, as of the last run of the analysis (ANALYSIS_SCHEDULE, hourly by default).',
    unit: 'none',
    noValue: 'No boxes in these districts',
    width: 7,
    height: 5,
    targets: [
      sql(
        'today',
        `SELECT sum(revenue) AS revenue, sum(billed_kwh) AS billed_kwh, sum(charging_events) AS charging_events FROM box_today WHERE ${IN_PLACE}`,
      ),
    ],
    fields: { revenue: REVENUE, billed_kwh: BILLED, charging_events: EVENTS },
  });
}

function map(): UnplacedPanel {
  return geomap({
    title: 'Map',
    description:
      'Each box where Eboost has it, by its connection; the number beside it is of outlets charging.',
    unit: 'none',
    noValue: 'No box in these districts has coordinates',
    width: 14,
    height: 14,
    colorField: 'state',
    textField: 'charging',
    targets: [
      places(', name, district, latitude, longitude'),
      flux('outlets', 'outlets-by-status'),
      flux('connections', 'connections-now', { functions: ['connection-states'] }),
    ],
    transformations: [
      joinByField('box', 'outer'),
      withValue('latitude'),
      organize({
        box: 'box',
        name: 'name',
        district: 'district',
        state: 'state',
        charging: 'charging',
        latitude: 'latitude',
        longitude: 'longitude',
        ...COUNTS_LEFT_OUT,
      }),
    ],
    fields: { box: BOX_COLUMN, state: { mappings: CONNECTION } },
  });
}

function boxesAway(): UnplacedPanel {
  return table({
    title: 'Offline or silent',
    description:
      'Boxes that cannot be reached, and since when, looked for in the week before: one that has been away for longer shows when that week began.',
    unit: 'none',
    noValue: 'All boxes are online',
    width: 10,
    height: 14,
    targets: [flux('away', 'boxes-away', { functions: ['connection-states'] }), places(', name, address')],
    transformations: [
      joinByField('box', 'inner'),
      sortBy('since', 'descending'),
      organize({ box: 'box', name: 'name', state: 'state', since: 'since', address: 'address' }),
    ],
    fields: {
      box: BOX_COLUMN,
      name: { displayName: 'Name' },
      state: STATE,
      since: { displayName: 'Since', unit: 'dateTimeFromNow', custom: { width: 130 } },
      address: { displayName: 'Address' },
    },
  });
}

function boxes(): UnplacedPanel {
  return table({
    title: 'Boxes now and today',
    description:
      'What each box is doing now (InfluxDB) beside what it has billed today (Postgres, as of the last run of the analysis). Its number leads to its dashboard.',
    unit: 'none',
    noValue: 'No boxes in these districts',
    width: 24,
    height: 16,
    targets: [
      sql(
        'today',
        `SELECT box::text AS box, name, city, district, charging_events, billed_kwh, revenue FROM box_today WHERE ${IN_PLACE}`,
      ),
      flux('outlets', 'outlets-by-status'),
      flux('power', 'power-now'),
      flux('connections', 'connections-now', { functions: ['connection-states'] }),
    ],
    transformations: [
      joinByField('box', 'outer'),
      withValue('name'),
      sortBy('revenue', 'descending'),
      organize({
        box: 'box',
        name: 'name',
        city: 'city',
        district: 'district',
        state: 'state',
        charging: 'charging',
        power_w: 'power_w',
        charging_events: 'charging_events',
        billed_kwh: 'billed_kwh',
        revenue: 'revenue',
        ...COUNTS_LEFT_OUT,
      }),
    ],
    fields: {
      box: BOX_COLUMN,
      name: { displayName: 'Name' },
      city: { displayName: 'City' },
      district: { displayName: 'District' },
      state: { ...STATE, noValue: 'never heard' },
      charging: { displayName: 'Outlets charging' },
      power_w: POWER,
      charging_events: { displayName: 'Charging events today' },
      billed_kwh: { ...BILLED, displayName: 'Energy billed today' },
      revenue: { ...REVENUE, displayName: 'Revenue today' },
    },
  });
}
