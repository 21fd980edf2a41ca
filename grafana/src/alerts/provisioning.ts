import type { NotificationPolicy } from '@grafana/grafana-foundation-sdk/alerting';
import { stringify } from 'yaml';
import type { Settings } from '../settings.ts';
import { alertsOfBoxes } from './boxes.ts';
import { alertsOfEvida } from './evida.ts';
import { alertsOfJobs } from './jobs.ts';
import type { AlertGroup, AlertRule } from './rule.ts';

/** Not that of the dashboards: Grafana makes both on its own, each with its own uid. */
const FOLDER = 'Evida alerts';
const CONTACT_POINT = 'evida';
const EXPRESSION = { type: '__expr__', uid: '__expr__' };

/** All alert rules, by the groups in which they are evaluated. */
export function alertGroups(settings: Settings): AlertGroup[] {
  return [alertsOfEvida(settings), ...alertsOfBoxes(settings), ...alertsOfJobs(settings)];
}

/** The files of grafana/provisioning/alerting, by their names. */
export function alertFiles(settings: Settings): Readonly<Record<string, string>> {
  return {
    'rules.yaml': file({ groups: alertGroups(settings).map(provisionedGroup) }),
    'contact-points.yaml': file({ contactPoints: [contactPoint()] }),
    'notification-policies.yaml': file({ policies: [{ orgId: 1, ...policy() }] }),
  };
}

function file(content: object): string {
  const yaml = stringify({ apiVersion: 1, ...content }, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# It follows from grafana/src/alerts: npm run dashboards.\n${yaml}`;
}

function provisionedGroup({ name, interval, rules }: AlertGroup): object {
  return { orgId: 1, name, folder: FOLDER, interval, rules: rules.map(provisionedRule) };
}

function provisionedRule(rule: AlertRule): object {
  const { uid, title, severity, question, condition, withoutAnswer, summary, description } = rule;
  const threshold = {
    refId: 'C',
    type: 'threshold',
    datasource: EXPRESSION,
    expression: question.refId,
    conditions: [{ evaluator: condition }],
  };
  return {
    ...literally({
      uid,
      title,
      condition: threshold.refId,
      for: rule.for,
      ...withoutAnswer,
      labels: { severity },
      // The questions say themselves of which time they ask.
      data: [question, threshold].map((model) => ({
        refId: model.refId,
        datasourceUid: model.datasource.uid,
        relativeTimeRange: { from: 600, to: 0 },
        model,
      })),
    }),
    annotations: {
      ...literally({ summary, description }),
      runbook_url: `\${HANDBOOK_URL}/docs/handbook/alerts.md#${uid}`,
    },
  };
}

/** As Grafana reads it back: it would take `$labels` for a variable of the environment. */
function literally<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$'));
}

/** One contact point, of the kind that the environment names: Grafana leaves what the other kind needs alone. */
function contactPoint(): object {
  return {
    orgId: 1,
    name: CONTACT_POINT,
    receivers: [
      {
        uid: CONTACT_POINT,
        type: '${ALERT_CONTACT}',
        settings: { url: '${ALERT_WEBHOOK_URL}', addresses: '${ALERT_EMAIL}' },
      },
    ],
  };
}

/** What is wrong in one district comes together, and what is wrong in none. What has to be looked at comes again each hour. */
function policy(): NotificationPolicy {
  const grouped = { receiver: CONTACT_POINT, group_by: ['district'], group_wait: '1m', group_interval: '5m' };
  return {
    ...grouped,
    repeat_interval: '1d',
    routes: [{ ...grouped, object_matchers: [['severity', '=', 'page']], repeat_interval: '1h' }],
  };
}
