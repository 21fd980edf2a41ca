import type { Dashboard, Panel } from '../../src/grafana/dashboard.ts';
import { type Finding, findings, repeated } from './finding.ts';

const SCHEMA_VERSION = 42;
const COLUMNS = 24;

/** What a dashboard must say of itself, and that nothing in it is there twice or lies upon something else. */
export function layoutFindings(dashboards: readonly Dashboard[]): Finding[] {
  const uids = repeated(dashboards.map(({ uid }) => uid));
  return [
    ...findings(
      'all dashboards',
      'uid',
      uids.map((uid) => `several have the uid ${uid}`),
    ),
    ...dashboards.flatMap((dashboard) => [
      ...findings(dashboard.uid, 'words', wordsOf(dashboard)),
      ...findings(dashboard.uid, 'settings', settingsOf(dashboard)),
      ...findings(dashboard.uid, 'unique', doublesOf(dashboard)),
      ...findings(dashboard.uid, 'layout', misplaced(dashboard.panels)),
    ]),
  ];
}

function wordsOf({ uid, title, description, templating, annotations }: Dashboard): string[] {
  return [
    ...(uid === '' ? ['it has no uid'] : []),
    ...(title === '' ? ['it has no title'] : []),
    ...(description === '' ? ['it has no description'] : []),
    ...templating.list.flatMap((variable) => [
      ...(variable.description ? [] : [`the variable ${variable.name} has no description`]),
      ...(variable.label || variable.hide === 2 ? [] : [`the variable ${variable.name} has no label`]),
    ]),
    ...annotations.list.flatMap(({ name }) => (name === '' ? ['an annotation has no name'] : [])),
  ];
}

function settingsOf({ schemaVersion, editable, tags, annotations, panels }: Dashboard): string[] {
  const ids = new Set(panels.map(({ id }) => id));
  return [
    ...(schemaVersion === SCHEMA_VERSION ? [] : [`schemaVersion is ${schemaVersion}, not ${SCHEMA_VERSION}`]),
    ...(editable ? ['it can be edited, and the next upgrade would take the edits away'] : []),
    ...(tags.includes('evida') ? [] : ['it lacks the tag evida']),
    ...annotations.list.flatMap(({ name, filter }) =>
      (filter?.ids ?? [])
        .filter((id) => !ids.has(id))
        .map((id) => `${name} marks a panel ${id} that is not there`),
    ),
  ];
}

function doublesOf({ panels, templating }: Dashboard): string[] {
  const asking = panels.filter(({ targets }) => targets.length > 0);
  return [
    ...repeated(panels.map(({ id }) => id)).map((id) => `several panels have the id ${id}`),
    ...repeated(asking.map(({ title }) => title)).map((title) => `several panels are called ${title}`),
    ...repeated(templating.list.map(({ name }) => name)).map(
      (name) => `several variables are called ${name}`,
    ),
  ];
}

function misplaced(panels: readonly Panel[]): string[] {
  const outside = panels.filter(
    ({ gridPos: { x, y, w, h } }) => x < 0 || y < 0 || w < 1 || h < 1 || x + w > COLUMNS,
  );
  const overlapping = panels.flatMap((panel, index) =>
    panels
      .slice(index + 1)
      .filter((other) => isUpon(panel.gridPos, other.gridPos))
      .map((other) => `${panel.title} lies upon ${other.title}`),
  );
  return [...outside.map(({ title }) => `${title} reaches out of the ${COLUMNS} columns`), ...overlapping];
}

function isUpon(one: Panel['gridPos'], other: Panel['gridPos']): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}
