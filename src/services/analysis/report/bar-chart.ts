import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

const WIDTH_PX = 720;
const HEIGHT_PX = 220;
/** Told apart also where a printer knows only grey. */
const COLOURS = ['#1f5f8b', '#f0a35e'];

/** One colour of bars. */
export interface Bars {
  readonly name: string;
  readonly values: readonly number[];
}

/** Bars side by side over categories, as one `<svg>` element without scripts. @param unit of the values: `kWh` */
export function barChart(categories: readonly string[], bars: readonly Bars[], unit: string): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height: HEIGHT_PX });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#fff',
      color: COLOURS,
      textStyle: { fontFamily: 'sans-serif' },
      grid: { left: 70, right: 10, top: 34, bottom: 24 },
      legend: { show: bars.length > 1, top: 0, right: 10 },
      xAxis: { type: 'category', data: [...categories], axisTick: { show: false } },
      yAxis: { type: 'value', name: unit, nameTextStyle: { align: 'right' } },
      series: bars.map(({ name, values }) => ({ type: 'bar', name, data: [...values], barGap: '5%' })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
