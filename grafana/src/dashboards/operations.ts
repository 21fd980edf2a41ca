import { createDashboard, type Dashboard } from '../dashboard.ts';
import type { Settings } from '../settings.ts';

/** *Operations*: how Evida itself is, and its jobs. */
export function operations(_settings: Settings): Dashboard {
  return createDashboard({
    uid: 'evida-operations',
    title: 'Operations',
    description: 'How Evida itself is.',
    from: 'now-24h',
    refresh: '1m',
    variables: [],
    rows: [],
  });
}
