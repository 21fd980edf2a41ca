import { createDashboard, type Dashboard } from '../dashboard.ts';
import { stat } from '../panels.ts';
import type { Settings } from '../settings.ts';
import { flux, sql } from '../targets.ts';
import { joinByField, organize } from '../transformations.ts';
import { historyBucket, IN_PLACE, PLACE } from '../variables.ts';

export function fleet(settings: Settings): Dashboard {
  return createDashboard({
    uid: 'evida-fleet',
    title: 'Fleet',
    description: 'What all boxes are doing now, where they are, and what they earn today.',
    from: 'now-24h',
    refresh: '1m',
    variables: [...PLACE, historyBucket(settings)],
    rows: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Outlets by status',
            description:
              'Installed outlets in these districts, by their last photographs at the end of the time range.',
            unit: 'none',
            noValue: 'No photographs yet',
            width: 12,
            height: 5,
            calc: 'sum',
            targets: [
              flux('outlets', 'outlets-by-status'),
              sql('places', `SELECT box::text AS box FROM box_place WHERE ${IN_PLACE}`),
            ],
            transformations: [
              joinByField('box', 'inner'),
              organize({
                box: null,
                charging: 'Charging',
                ready: 'Ready',
                full: 'Full',
                available: 'Available',
                unplugged: 'Unplugged',
                installed: null,
              }),
            ],
          }),
        ],
      },
    ],
  });
}
