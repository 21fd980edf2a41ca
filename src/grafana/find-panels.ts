import type { Dashboard, Panel } from './dashboard.ts';

export interface PanelPlace {
  readonly dashboard: Dashboard;
  readonly panel: Panel;
}

/** All panels that ask something, in the order in which they stand. */
export function panelsOf(dashboards: readonly Dashboard[]): PanelPlace[] {
  return dashboards.flatMap((dashboard) =>
    dashboard.panels.filter(({ targets }) => targets.length > 0).map((panel) => ({ dashboard, panel })),
  );
}

/** Those with this title, whatever its case; if there is none, those whose title contains it. */
export function findPanels(places: readonly PanelPlace[], title: string): PanelPlace[] {
  const wanted = title.toLowerCase();
  const exact = places.filter(({ panel }) => panel.title.toLowerCase() === wanted);
  return exact.length > 0 ? exact : places.filter(({ panel }) => panel.title.toLowerCase().includes(wanted));
}
