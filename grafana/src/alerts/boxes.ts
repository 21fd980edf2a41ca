import { fluxOfAlert } from '../flux.ts';
import { limitsOf, OUTLET_CURRENT_A, VOLTAGE_V } from '../limits.ts';
import type { Settings } from '../settings.ts';
import { type FluxTarget, INFLUXDB } from '../targets.ts';
import { type AlertGroup, type AlertRule, above, FINDS_WHAT_IS_WRONG, outside } from './rule.ts';

type OfBoxes = Omit<AlertRule, 'question' | 'withoutAnswer'> & {
  readonly functions?: readonly string[];
  readonly params?: Readonly<Record<string, string | number>>;
};

/** What the boxes themselves do. Each rule asks flux/alerts/UID.flux. */
export function alertsOfBoxes(settings: Settings): AlertGroup[] {
  const limits = limitsOf(settings);
  const photographed_every = `${limits.photographedEveryMs}ms`;
  const rule = ({ functions = [], params = {}, ...parts }: OfBoxes): AlertRule => ({
    ...parts,
    question: question(settings, parts.uid, [...functions, 'never-empty', 'with-place'], params),
    withoutAnswer: FINDS_WHAT_IS_WRONG,
  });
  return [
    {
      name: 'Boxes',
      interval: '1m',
      rules: [
        rule({
          uid: 'box-offline',
          title: 'Box offline',
          severity: 'ticket',
          functions: ['connection-states', 'boxes-away'],
          condition: above(0),
          for: '5m',
          summary: 'Box {{ $labels.box }} is {{ if gt $values.A.Value 1.0 }}silent{{ else }}offline{{ end }}',
          description:
            'In {{ $labels.district }}. Offline: it, or its broker, has said so. Silent: nothing was heard of it for SILENT_AFTER.',
        }),
        rule({
          uid: 'voltage-out-of-range',
          title: 'Voltage out of range',
          severity: 'page',
          params: { telemetry: settings.INFLUX_TELEMETRY_BUCKET, ...VOLTAGE_V },
          condition: outside(VOLTAGE_V),
          for: '2m',
          summary: 'Box {{ $labels.box }} has {{ printf "%.0f" $values.A.Value }} V',
          description: `The last voltage of box {{ $labels.box }} in {{ $labels.district }} is not within ${VOLTAGE_V.lowest} to ${VOLTAGE_V.highest} V.`,
        }),
      ],
    },
    {
      name: 'Outlets',
      interval: '5m',
      rules: [
        rule({
          uid: 'outlet-silent-while-charging',
          title: 'Outlet silent while charging',
          severity: 'ticket',
          functions: ['last-photographs', 'connection-states', 'boxes-away'],
          params: { photographed_every },
          condition: above(0),
          for: '5m',
          summary: 'Outlet {{ $labels.outlet }} of box {{ $labels.box }} is silent while it charges',
          description:
            'When it was heard of last it charged, {{ printf "%.0f" $values.A.Value }} minutes ago; the rest of box {{ $labels.box }} in {{ $labels.district }} is heard of.',
        }),
        rule({
          uid: 'draw-without-charging',
          title: 'Draw without charging',
          severity: 'page',
          functions: ['last-photographs'],
          params: { current_a: limits.drawingA },
          // What the question finds draws enough, exactly at the limit, too.
          condition: { type: 'gte', params: [limits.drawingA] },
          for: '5m',
          summary: 'Outlet {{ $labels.outlet }} of box {{ $labels.box }} draws current that nobody pays for',
          description:
            'It draws {{ printf "%.1f" $values.A.Value }} A and does not charge, in {{ $labels.district }}.',
        }),
        rule({
          uid: 'current-out-of-range',
          title: 'Current out of range',
          severity: 'page',
          functions: ['last-photographs'],
          params: { photographed_every, ...OUTLET_CURRENT_A },
          condition: outside(OUTLET_CURRENT_A),
          for: '0s',
          summary:
            'Outlet {{ $labels.outlet }} of box {{ $labels.box }} draws {{ printf "%.1f" $values.A.Value }} A',
          description: `In {{ $labels.district }}. Its socket is made for ${OUTLET_CURRENT_A.highest} A.`,
        }),
      ],
    },
    {
      name: 'Meters',
      interval: '30m',
      rules: [
        rule({
          uid: 'meter-against-outlets',
          title: 'Meter against outlets',
          severity: 'ticket',
          functions: ['energy-increases'],
          params: limits.meter,
          condition: outside({ lowest: -limits.meter.kwh, highest: limits.meter.kwh }),
          for: '2h',
          summary: 'The meter of box {{ $labels.box }} does not agree with its outlets',
          description: `Over the last 24 whole hours it counted {{ printf "%.1f" $values.A.Value }} kWh more than the outlets together, in {{ $labels.district }}. Up to ${limits.meter.kwh} kWh and ${100 * limits.meter.share} % are what a box uses itself.`,
        }),
      ],
    },
  ];
}

function question(
  settings: Settings,
  uid: string,
  functions: readonly string[],
  params: Readonly<Record<string, string | number>>,
): FluxTarget {
  const buckets = {
    history: settings.INFLUX_HISTORY_BUCKET,
    operations: settings.INFLUX_OPERATIONS_BUCKET,
  };
  const query = fluxOfAlert(uid, { functions, params: { ...buckets, ...params } });
  return { refId: 'A', datasource: INFLUXDB, query };
}
