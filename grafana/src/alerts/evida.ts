import { fluxOfAlert } from '../flux.ts';
import { limitsOf } from '../limits.ts';
import type { Settings } from '../settings.ts';
import { INFLUXDB } from '../targets.ts';
import { type AlertGroup, type AlertRule, above, FINDS_SOMETHING_ALWAYS } from './rule.ts';

/** What Evida says of itself (docs/domain.md). Each rule asks flux/alerts/UID.flux. */
export function alertsOfEvida(settings: Settings): AlertGroup {
  const limits = limitsOf(settings);
  const rule = (parts: Omit<AlertRule, 'question' | 'withoutAnswer'>): AlertRule => ({
    ...parts,
    question: {
      refId: 'A',
      datasource: INFLUXDB,
      query: fluxOfAlert(parts.uid, { params: { operations: settings.INFLUX_OPERATIONS_BUCKET } }),
    },
    withoutAnswer: FINDS_SOMETHING_ALWAYS,
  });
  return {
    name: 'Evida',
    interval: '1m',
    rules: [
      rule({
        uid: 'no-messages',
        title: 'No messages',
        severity: 'page',
        condition: above(limits.noMessageS),
        for: '0s',
        summary: `No box has said anything for ${limits.noMessageS / 60} minutes, or Evida does not run`,
        description:
          'The last message of any box to {{ $labels.client }} is {{ printf "%.0f" $values.A.Value }} s old. Without a client: no Evida says anything of itself, or InfluxDB does not answer.',
      }),
      rule({
        uid: 'oldest-unsent-point',
        title: 'Oldest unsent point',
        severity: 'page',
        condition: above(limits.unsentS),
        for: '0s',
        summary: `Points have been waiting for InfluxDB for more than ${limits.unsentS / 60} minutes`,
        description:
          'The oldest point of {{ $labels.client }} has waited for {{ printf "%.0f" $values.A.Value }} s. Nothing is lost: it is in the log. Without a client: nothing is known of any Evida.',
      }),
      rule({
        uid: 'dead-letters-growing',
        title: 'Dead letters growing',
        severity: 'ticket',
        condition: above(limits.deadLetters),
        for: '0s',
        summary: 'Messages or points that cannot be used are becoming many',
        description:
          'In the last half hour {{ $labels.client }} had {{ printf "%.0f" $values.A.Value }} dead letters: messages that cannot be read, or points that InfluxDB refuses.',
      }),
      rule({
        uid: 'log-nearly-full',
        title: 'Log nearly full',
        severity: 'page',
        condition: above(limits.logPercent),
        for: '0s',
        summary: 'The log is nearly full: then messages wait at the broker',
        description:
          'The log of {{ $labels.client }} holds {{ printf "%.0f" $values.A.Value }} % of JOURNAL_MAX. Without a client: nothing is known of any Evida.',
      }),
    ],
  };
}
