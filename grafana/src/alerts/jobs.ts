import { limitsOf } from '../limits.ts';
import type { Settings } from '../settings.ts';
import { sql } from '../targets.ts';
import {
  type AlertGroup,
  above,
  FINDS_SOMETHING_ALWAYS,
  FINDS_WHAT_IS_WRONG,
  TOLD_BY_ANOTHER,
} from './rule.ts';

/** When the database was made. */
const MADE_AT = `(SELECT applied_at FROM migration WHERE name = '0001-charging-event-day')`;

/** A subquery: so the days are chosen before anything is added up. */
const TODAY = `(SELECT (now() AT TIME ZONE value)::date FROM analysis_setting WHERE name = 'time_zone')`;

/** What the ledger of the jobs says, and the money that they count. */
export function alertsOfJobs(settings: Settings): AlertGroup[] {
  const { missedRuns, backupHours, rehearsalDays, reconciledDays } = limitsOf(settings);
  return [
    {
      name: 'Jobs',
      interval: '5m',
      rules: [
        {
          uid: 'job-late',
          title: 'Job late',
          severity: 'ticket',
          question: sql(
            'A',
            `SELECT job, runs_missed FROM job_state WHERE job NOT IN ('backup', 'rehearsal')`,
          ),
          condition: above(missedRuns),
          for: '15m',
          withoutAnswer: FINDS_SOMETHING_ALWAYS,
          summary: 'Job {{ $labels.job }} of the analysis is late',
          description:
            'It has missed or failed {{ printf "%.0f" $values.A.Value }} runs in a row: the tables are not up to date. Without a job: the analysis has never run, or Postgres does not answer.',
        },
        {
          uid: 'backup-late',
          title: 'Backup late',
          severity: 'ticket',
          question: sql(
            'A',
            `SELECT extract(epoch FROM now() - coalesce((SELECT last_done_at FROM job_state WHERE job = 'backup'), ${MADE_AT}))::double precision / 3600 AS hours`,
          ),
          condition: above(backupHours),
          for: '15m',
          withoutAnswer: TOLD_BY_ANOTHER,
          summary: `The last backup is more than ${backupHours} hours old`,
          description:
            'The last one that ended well was {{ printf "%.0f" $values.A.Value }} hours ago; if there was none, so old is the database.',
        },
        {
          uid: 'rehearsal-failed',
          title: 'Rehearsal failed',
          severity: 'ticket',
          question: sql(
            'A',
            `SELECT CASE WHEN failed OR since < now() - interval '${rehearsalDays} days' THEN 1 ELSE 0 END AS failed FROM (SELECT coalesce(bool_or(state = 'failed'), false) AS failed, coalesce(max(last_done_at), ${MADE_AT}) AS since FROM job_state WHERE job = 'rehearsal') AS rehearsal`,
          ),
          condition: above(0),
          for: '15m',
          withoutAnswer: TOLD_BY_ANOTHER,
          summary: 'It is not known whether the latest backup can be restored',
          description: `The last rehearsal failed, or the last one that ended well is more than ${rehearsalDays} days ago.`,
        },
      ],
    },
    {
      name: 'Reconciliation',
      interval: '30m',
      rules: [
        {
          uid: 'reconciliation-above-tolerance',
          title: 'Reconciliation above tolerance',
          severity: 'ticket',
          question: sql(
            'A',
            `SELECT box::text AS box, coalesce(max(district), 'Unknown') AS district, sum(beyond_tolerance_kwh) AS kwh FROM unreconciled_box_day LEFT JOIN box_place USING (box) WHERE day >= ${TODAY} - ${reconciledDays} AND day < ${TODAY} GROUP BY box`,
          ),
          condition: above(0),
          for: '2h',
          withoutAnswer: FINDS_WHAT_IS_WRONG,
          summary: 'What box {{ $labels.box }} has billed is not what it has metered',
          description: `In the last ${reconciledDays} business days they were {{ printf "%.2f" $values.A.Value }} kWh further apart than RECONCILIATION_TOLERANCE_KWH and RECONCILIATION_TOLERANCE_SHARE allow, in {{ $labels.district }}.`,
        },
      ],
    },
  ];
}
