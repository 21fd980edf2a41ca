import { z } from 'zod';
import type { Dashboard, Link } from '../../src/grafana/dashboard.ts';
import { type Finding, findings } from './finding.ts';

const Links = z.array(z.object({ title: z.string().default(''), url: z.string() }));
const DASHBOARD_URL = /^\/d\/([\w-]+)(?:\/[\w-]*)?(?:\?(.*))?$/;
/** What Grafana itself fills in. */
const FILLED_IN = /^\$\{__(url_time_range|all_variables)(:\w+)?\}$/;

interface PlacedLink {
  readonly place: string;
  readonly link: Pick<Link, 'title' | 'url'> & Partial<Link>;
}

/** All links of a dashboard: its own, those of its panels, and those of their fields. */
export function linksOf({ uid, links, panels }: Dashboard): PlacedLink[] {
  return [
    ...links.map((link) => ({ place: uid, link })),
    ...panels.flatMap((panel) => {
      const { defaults, overrides } = panel.fieldConfig;
      const ofFields = overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'links').flatMap(({ value }) => Links.parse(value)),
      );
      return [...panel.links, ...(defaults.links ?? []), ...ofFields].map((link) => ({
        place: `${uid} / ${panel.title}`,
        link,
      }));
    }),
  ];
}

/** That links lead to dashboards, panels and variables that are there. */
export function linkFindings(dashboards: readonly Dashboard[]): Finding[] {
  return dashboards.flatMap((dashboard) =>
    linksOf(dashboard).flatMap(({ place, link }) => findings(place, 'links', brokenIn(link, dashboards))),
  );
}

function brokenIn(
  { title, url, type, tags = [] }: PlacedLink['link'],
  dashboards: readonly Dashboard[],
): string[] {
  const named = title === '' ? ['a link has no title'] : [];
  if (type === 'dashboards') {
    const leadsSomewhere = dashboards.some((dashboard) => tags.every((tag) => dashboard.tags.includes(tag)));
    return [...named, ...(leadsSomewhere ? [] : [`no dashboard has the tags ${tags.join(', ')}`])];
  }
  if (/^https:\/\//.test(url)) return named;
  const [, uid, parameters = ''] = DASHBOARD_URL.exec(url) ?? [];
  const dashboard = dashboards.find((candidate) => candidate.uid === uid);
  if (dashboard === undefined) return [...named, `the link ${url} leads to no dashboard`];
  return [
    ...named,
    ...parameters
      .split('&')
      .filter((parameter) => parameter !== '' && !isKnown(parameter, dashboard))
      .map((parameter) => `the link ${url}: ${dashboard.uid} does not know ${parameter}`),
  ];
}

function isKnown(parameter: string, { templating, panels }: Dashboard): boolean {
  if (FILLED_IN.test(parameter) || /^(from|to)=/.test(parameter)) return true;
  const [, variable] = /^var-(\w+)=/.exec(parameter) ?? [];
  if (variable !== undefined) return templating.list.some(({ name }) => name === variable);
  const [, id] = /^viewPanel=(?:panel-)?(\d+)$/.exec(parameter) ?? [];
  return id !== undefined && panels.some((panel) => panel.id === Number(id));
}
