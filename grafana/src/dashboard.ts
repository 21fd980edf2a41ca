import {
  type AnnotationQuery,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkType,
  type RowPanel,
  type Dashboard as SdkDashboard,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, UnplacedPanel } from './panels.ts';
import type { Target } from './targets.ts';

/** Of the dashboards' own schema v1; Grafana brings older ones up to its own. */
const SCHEMA_VERSION = 42;
const COLUMNS = 24;

/** Marks on panels that show time. */
interface Annotations {
  readonly name: string;
  /** Its answer has `time` and `text`. */
  readonly target: Target;
  /** The titles of the panels. */
  readonly on: readonly string[];
}

export interface Dashboard extends Omit<SdkDashboard, 'panels' | 'annotations'> {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly (Panel | RowPanel)[];
  readonly annotations: {
    readonly list: readonly (Omit<AnnotationQuery, 'target'> & { readonly target: Target })[];
  };
}

/** Panels under a heading: side by side as far as they fit, then below. */
export interface Row {
  readonly title: string;
  readonly panels: readonly UnplacedPanel[];
}

interface DashboardParts {
  /** Stable: links and bookmarks go by it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableModel[];
  readonly rows: readonly Row[];
  readonly annotations?: readonly Annotations[];
  readonly links?: readonly DashboardLink[];
  /** The time range it opens with, such as `now-24h`. */
  readonly from: string;
  readonly refresh: string;
}

/**
 * A dashboard as Grafana provisions it. Times are shown in the time zone that Grafana has been told (docker/compose.yml
 * tells it TIME_ZONE).
 */
export function createDashboard(parts: DashboardParts): Dashboard {
  const panels = layOut(parts.rows);
  return {
    uid: parts.uid,
    title: parts.title,
    description: parts.description,
    tags: ['evida'],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    timezone: '',
    weekStart: 'monday',
    graphTooltip: DashboardCursorSync.Crosshair,
    time: { from: parts.from, to: 'now' },
    refresh: parts.refresh,
    templating: { list: [...parts.variables] },
    annotations: { list: (parts.annotations ?? []).map((annotations) => annotate(annotations, panels)) },
    links: [OTHER_DASHBOARDS, ...(parts.links ?? [])],
    panels,
  };
}

const OTHER_DASHBOARDS: DashboardLink = {
  title: 'Evida',
  type: DashboardLinkType.Dashboards,
  tags: ['evida'],
  icon: 'dashboard',
  tooltip: 'The other dashboards of Evida',
  asDropdown: true,
  includeVars: false,
  keepTime: true,
  targetBlank: false,
};

function annotate({ name, target, on }: Annotations, panels: readonly (Panel | RowPanel)[]) {
  const ids = on.map((title) => {
    const panel = panels.find((candidate) => candidate.title === title && candidate.type !== 'row');
    if (panel === undefined) throw new Error(`there is no panel ${title} for ${name}`);
    return panel.id;
  });
  return {
    name,
    datasource: target.datasource,
    target,
    enable: true,
    iconColor: 'orange',
    filter: { exclude: false, ids },
  };
}

/** Ids are counted; places follow from widths and heights. */
function layOut(rows: readonly Row[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let top = 0;
  for (const { title, panels } of rows) {
    placed.push({
      type: 'row',
      id: placed.length + 1,
      title,
      collapsed: false,
      gridPos: { x: 0, y: top, w: COLUMNS, h: 1 },
      panels: [],
    });
    top += 1;
    let [left, tallest] = [0, 0];
    for (const { width, height, ...panel } of panels) {
      if (width > COLUMNS) throw new Error(`${panel.title} is wider than ${COLUMNS} columns`);
      if (left + width > COLUMNS) [left, top, tallest] = [0, top + tallest, 0];
      placed.push({
        ...panel,
        id: placed.length + 1,
        gridPos: { x: left, y: top, w: width, h: height },
      });
      left += width;
      tallest = Math.max(tallest, height);
    }
    top += tallest;
  }
  return placed;
}
