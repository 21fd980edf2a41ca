import type * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  DashboardLinkType,
  type DataTransformerConfig,
  FieldColorModeId,
  type FieldConfigSource,
  MappingType,
  type Panel as SdkPanel,
  type Threshold,
  ThresholdsMode,
  type ValueMapping,
  type ValueMappingResult,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as geomapTypes from '@grafana/grafana-foundation-sdk/geomap';
import * as heatmapTypes from '@grafana/grafana-foundation-sdk/heatmap';
import type * as statTypes from '@grafana/grafana-foundation-sdk/stat';
import type * as timelineTypes from '@grafana/grafana-foundation-sdk/statetimeline';
import type * as tableTypes from '@grafana/grafana-foundation-sdk/table';
import type * as timeseriesTypes from '@grafana/grafana-foundation-sdk/timeseries';
import type * as units from '@grafana/grafana-foundation-sdk/units';
import { datasourceOf, type Target } from './targets.ts';

/** An id that Grafana knows a unit by, such as `kwatth`. */

export type Unit = Extract<(typeof units)[keyof typeof units], string>;

/** How values look: of a panel, or of one of its fields. */
export interface Look {
  readonly unit?: Unit;
  readonly displayName?: string;
  readonly description?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly mappings?: readonly ValueMapping[];
  /** Colours from a value on; the first one is that of what is below all others, with the value null. */
  readonly thresholds?: readonly Threshold[];
  /** One colour, by its name in Grafana or in hex. */
  readonly color?: string;
  readonly links?: readonly DashboardLink[];
  /** What only its kind of panel knows. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** What every panel says. Its place follows from the order of the panels. */
export interface PanelParts extends Look {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  /** What is shown where nothing was found. */
  readonly noValue: string;
  readonly targets: readonly Target[];
  /** Columns of the 24 that a dashboard is wide. */
  readonly width: number;
  /** Rows of 30 pixels. */
  readonly height: number;
  readonly transformations?: readonly DataTransformerConfig[];
  /** How single fields look, by their names after the transformations. */
  readonly fields?: Readonly<Record<string, Look>>;
}

/** A panel as it stands in the dashboard. */
export interface Panel extends Omit<SdkPanel, 'targets'> {
  readonly id: number;
  readonly targets: readonly Target[];
}
/** One that has no place yet. */
export type UnplacedPanel = Omit<Panel, 'id' | 'gridPos'> & {
  readonly width: number;
  readonly height: number;
};

/** Lines, or `bars`, over time. The frames need a time field. */
export function timeSeries(
  parts: PanelParts & {
    readonly style?: timeseriesTypes.FieldConfig;
    readonly legendCalcs?: readonly string[];
  },
): UnplacedPanel {
  const options: timeseriesTypes.Options = {
    legend: legend(parts.legendCalcs),
    tooltip: { mode: common.TooltipDisplayMode.Multi, sort: common.SortOrder.Descending },
  };
  return panel('timeseries', parts, options, { ...parts.style });
}

/** Bars side by side for a time series, such as days beside each other. */
export const BARS = {
  drawStyle: common.GraphDrawStyle.Bars,
  fillOpacity: 60,
} satisfies timeseriesTypes.FieldConfig;
/** A value that holds until the next one. */
export const STEPS = {
  lineInterpolation: common.LineInterpolation.StepAfter,
  showPoints: common.VisibilityMode.Never,
} satisfies timeseriesTypes.FieldConfig;
/** Draws the thresholds as lines, or fills what is beyond them. */
export const THRESHOLD_LINES = {
  thresholdsStyle: { mode: common.GraphThresholdsStyleMode.Dashed },
} satisfies timeseriesTypes.FieldConfig;

/** One number a field: `calc` of its values, the last one unless told otherwise. */
export function stat(parts: PanelParts & { readonly calc?: string }): UnplacedPanel {
  const options: statTypes.Options = {
    graphMode: common.BigValueGraphMode.None,
    colorMode: common.BigValueColorMode.Value,
    justifyMode: common.BigValueJustifyMode.Auto,
    textMode: common.BigValueTextMode.Auto,
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: common.PercentChangeColorMode.Standard,
    orientation: common.VizOrientation.Auto,
    reduceOptions: { calcs: [parts.calc ?? 'lastNotNull'], fields: '', values: false },
  };
  return panel('stat', parts, options);
}

/** Rows and columns. Sorting is a transformation, or the question's. */
export function table(parts: PanelParts): UnplacedPanel {
  const options: tableTypes.Options = {
    frameIndex: 0,
    showHeader: true,
    cellHeight: common.TableCellHeight.Sm,
  };
  return panel('table', parts, options, {
    align: common.FieldTextAlignment.Auto,
    inspect: false,
    filterable: true,
  });
}

/** What was the case from when to when: one band a field. */
export function stateTimeline(parts: PanelParts): UnplacedPanel {
  const options: timelineTypes.Options = {
    mergeValues: true,
    showValue: common.VisibilityMode.Auto,
    alignValue: common.TimelineValueAlignment.Left,
    rowHeight: 0.85,
    legend: legend(),
    tooltip: { mode: common.TooltipDisplayMode.Single, sort: common.SortOrder.None },
  };
  return panel('state-timeline', parts, options, { fillOpacity: 70, lineWidth: 0 });
}

/** A bar for each row, or a group of them: `xField` names the rows. */
export function barChart(
  parts: PanelParts & { readonly xField: string; readonly stacked?: boolean },
): UnplacedPanel {
  const options: barchart.Options = {
    xField: parts.xField,
    orientation: common.VizOrientation.Auto,
    xTickLabelRotation: 0,
    xTickLabelMaxLength: 20,
    stacking: parts.stacked ? common.StackingMode.Normal : common.StackingMode.None,
    showValue: common.VisibilityMode.Never,
    barWidth: 0.9,
    groupWidth: 0.75,
    fullHighlight: false,
    legend: legend(),
    tooltip: { mode: common.TooltipDisplayMode.Multi, sort: common.SortOrder.None },
  };
  return panel('barchart', parts, options, { fillOpacity: 70, lineWidth: 1 });
}

/**
 * Cells of colour: a time field, or a number, and a field for each row of cells.
 * @param parts.rowAxis what the rows are
 */
export function heatmap(parts: PanelParts & { readonly rowAxis: string }): UnplacedPanel {
  const options: heatmapTypes.Options = {
    calculate: false,
    color: {
      mode: heatmapTypes.HeatmapColorMode.Scheme,
      scheme: 'YlOrRd',
      fill: 'dark-orange',
      scale: heatmapTypes.HeatmapColorScale.Exponential,
      exponent: 0.5,
      steps: 64,
      reverse: false,
    },
    rowsFrame: { layout: common.HeatmapCellLayout.Auto },
    cellGap: 1,
    cellValues: { unit: parts.unit },
    showValue: common.VisibilityMode.Never,
    yAxis: { axisPlacement: common.AxisPlacement.Left, axisLabel: parts.rowAxis },
    legend: { show: true },
    tooltip: { mode: common.TooltipDisplayMode.Single, yHistogram: false, showColorScale: true },
    exemplars: { color: 'rgba(255,0,255,0.7)' },
  };
  return panel('heatmap', parts, options);
}

/** Points on a map. Each row has `latitude` and `longitude`; a field gives the colour, another the words beside it. */
export function geomap(
  parts: PanelParts & { readonly colorField: string; readonly textField: string },
): UnplacedPanel {
  const options: geomapTypes.Options = {
    view: { id: geomapTypes.MapCenterID.Fit, allLayers: true, padding: 20, lat: 0, lon: 0, zoom: 12 },
    controls: { showZoom: true, mouseWheelZoom: true, showAttribution: true, showScale: false },
    basemap: { type: 'default', name: 'Map' },
    tooltip: { mode: geomapTypes.TooltipMode.Details },
    layers: [
      {
        type: 'markers',
        name: parts.title,
        tooltip: true,
        location: {
          mode: common.FrameGeometrySourceMode.Coords,
          latitude: 'latitude',
          longitude: 'longitude',
        },
        config: {
          showLegend: true,
          style: {
            color: { field: parts.colorField, fixed: 'dark-green' },
            opacity: 0.8,
            size: { fixed: 8, min: 4, max: 16 },
            symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
            text: { mode: 'field', field: parts.textField, fixed: '' },
            textConfig: {
              fontSize: 11,
              offsetX: 0,
              offsetY: 14,
              textAlign: 'center',
              textBaseline: 'middle',
            },
          },
        },
      },
    ],
  };
  return panel('geomap', parts, options);
}

/**
 * Grafana refuses an answer of more than ten rows for each of these, by itself as many as the panel has pixels: too few for
 * a row for each box.
 */
const ROWS = 100_000;
const OF_ROWS = new Set(['stat', 'table', 'geomap', 'barchart']);

function panel(
  type: string,
  { title, description, targets, transformations, fields = {}, width, height, ...look }: PanelParts,
  options: unknown,
  custom: Readonly<Record<string, unknown>> = {},
): UnplacedPanel {
  const fieldConfig: FieldConfigSource = {
    defaults: {
      ...fieldLook(look),
      ...(look.displayName !== undefined && { displayName: look.displayName }),
      custom: { ...custom, ...look.custom },
    },
    overrides: Object.entries(fields).map(([name, own]) => ({
      matcher: { id: 'byName', options: name },
      properties: overrideProperties(own),
    })),
  };
  return {
    type,
    title,
    description,
    datasource: datasourceOf(targets),
    targets,
    ...(OF_ROWS.has(type) && { maxDataPoints: ROWS }),
    ...(transformations !== undefined && { transformations: [...transformations] }),
    fieldConfig,
    options,
    width,
    height,
  };
}

/** A look as Grafana's configuration of fields. */
function fieldLook({ unit, decimals, min, max, noValue, mappings, thresholds, color, links }: Look) {
  return {
    ...(unit !== undefined && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(noValue !== undefined && { noValue }),
    ...(mappings !== undefined && { mappings: [...mappings] }),
    ...(thresholds !== undefined && {
      thresholds: { mode: ThresholdsMode.Absolute, steps: [...thresholds] },
    }),
    ...(color !== undefined && { color: { mode: FieldColorModeId.Fixed, fixedColor: color } }),
    ...(links !== undefined && { links: [...links] }),
  };
}

function overrideProperties(look: Look): { id: string; value: unknown }[] {
  const { displayName, description, custom = {} } = look;
  return [
    ...Object.entries({ ...fieldLook(look), displayName, description }),
    ...Object.entries(custom).map(([name, value]): [string, unknown] => [`custom.${name}`, value]),
  ]
    .filter(([, value]) => value !== undefined)
    .map(([id, value]) => ({ id, value }));
}

function legend(calcs: readonly string[] = []): common.VizLegendOptions {
  return {
    showLegend: true,
    displayMode: calcs.length === 0 ? common.LegendDisplayMode.List : common.LegendDisplayMode.Table,
    placement: common.LegendPlacement.Bottom,
    calcs: [...calcs],
  };
}

/** Words and colours for single values. */
export function valueMappings(values: Readonly<Record<string, ValueMappingResult>>): ValueMapping[] {
  const options = Object.entries(values).map(([value, result], index): [string, ValueMappingResult] => [
    value,
    { ...result, index },
  ]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}

/** Where a value leads. The address may hold `${__data.fields.box}`. */
export function link(title: string, url: string): DashboardLink {
  return {
    title,
    type: DashboardLinkType.Link,
    url,
    icon: 'external link',
    tooltip: '',
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: false,
    keepTime: false,
  };
}
