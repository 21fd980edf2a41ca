import { barChart } from './bar-chart.ts';
import type { MonthReport, ReportTotals } from './month-report.ts';

const STYLE = `
@page { size: A4; margin: 16mm }
body { font: 14px/1.45 sans-serif; color: #1c2733; max-width: 760px; margin: 24px auto; padding: 0 16px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 16px; margin: 28px 0 8px; break-after: avoid }
p { margin: 4px 0; color: #5a6775 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 4px 8px; border-bottom: 1px solid #dde3e9; text-align: right } th { font-weight: 600; color: #5a6775 }
th.text, td.text { text-align: left } thead { display: table-header-group } tr, figure { break-inside: avoid }
figure { margin: 8px 0 } svg { max-width: 100%; height: auto }`;

/** The report as one page of HTML that needs nothing else, and prints well. */
export function reportHtml(report: MonthReport): string {
  const { month, days, hours, boxes, reconciliation, customers, loyal } = report;
  const title = `Charging in ${month}${scopeInWords(report)}`;
  const sections = [
    section('The month', totalsTable(report)),
    section(
      'Energy by day',
      figure(
        barChart(
          days.map(({ day }) => String(Number(day.slice(8)))),
          [
            { name: 'billed', values: days.map(({ billedKwh }) => rounded(billedKwh)) },
            { name: 'metered', values: days.map(({ meteredKwh }) => rounded(meteredKwh)) },
          ],
          'kWh',
        ),
      ),
    ),
    section(
      'Revenue by day',
      figure(
        barChart(
          days.map(({ day }) => String(Number(day.slice(8)))),
          [{ name: 'revenue', values: days.map(({ revenue }) => revenue) }],
          'VND',
        ),
      ),
    ),
    section(
      'Charging events by hour of the day',
      figure(
        barChart(
          hours.map(({ hour }) => String(hour)),
          [{ name: 'events', values: hours.map(({ events }) => events) }],
          'events',
        ),
      ),
    ),
    section(
      'Billed against metered',
      table(
        ['verdict', 'events', 'billed kWh', 'metered kWh'],
        reconciliation.map(({ verdict, events, billedKwh, meteredKwh }) => [
          verdict,
          whole(events),
          energy(billedKwh),
          energy(meteredKwh),
        ]),
      ),
    ),
    customers.length === 0
      ? ''
      : section(
          'Customers',
          table(
            ['state', 'customers', 'events', 'VND'],
            customers.map((row) => [row.state, whole(row.customers), whole(row.events), whole(row.revenue)]),
          ),
        ),
    loyal.length === 0
      ? ''
      : section(
          'Loyal customers',
          table(
            ['customer', 'rank', 'events', 'kWh', 'VND', 'weeks in a row', 'loyal since'],
            loyal.map((row) => [
              row.name ?? row.customer,
              whole(row.rank),
              whole(row.events),
              energy(row.billedKwh),
              whole(row.revenue),
              whole(row.weeksInARow),
              row.loyalSince,
            ]),
          ),
        ),
    section(
      'Boxes',
      table(
        ['box', 'events', 'customers', 'kWh', 'VND', 'online', 'utilization'],
        boxes.map((row) => [
          `${row.box} ${row.name ?? ''}`.trim(),
          whole(row.events),
          whole(row.customers),
          energy(row.billedKwh),
          whole(row.revenue),
          percent(row.onlineShare),
          percent(row.utilization),
        ]),
      ),
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
<p>Charging events are valid transactions by the day on which they start; metered is what the boxes' registers say.</p>
${sections.join('\n')}
</body></html>
`;
}

function scopeInWords({ scope }: MonthReport): string {
  if (scope.box !== undefined) return `, box ${scope.box}`;
  return scope.district === undefined ? '' : `, ${scope.district}`;
}

function totalsTable({ totals, before }: MonthReport): string {
  const rows: [string, (totals: ReportTotals) => number, (value: number) => string][] = [
    ['charging events', ({ events }) => events, whole],
    ['customers', ({ customers }) => customers, whole],
    ['billed energy, kWh', ({ billedKwh }) => billedKwh, energy],
    ['metered energy, kWh', ({ meteredKwh }) => meteredKwh, energy],
    ['revenue, VND', ({ revenue }) => revenue, whole],
    ['of it activation fees, VND', ({ activationFee }) => activationFee, whole],
    ['discounts, VND', ({ discount }) => discount, whole],
    ['hours of charging', ({ chargingHours }) => chargingHours, whole],
  ];
  return table(
    ['', 'this month', 'month before', 'change'],
    rows.map(([name, of, shown]) => [
      name,
      shown(of(totals)),
      shown(of(before)),
      of(before) === 0 ? '' : percent(of(totals) / of(before) - 1, true),
    ]),
  );
}

function section(title: string, content: string): string {
  return `<section><h2>${escaped(title)}</h2>\n${content}</section>`;
}

function figure(svg: string): string {
  return `<figure>${svg}</figure>`;
}

/** The first column holds words, the others figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    row
      .map((cell, column) => `<${tag}${column === 0 ? ' class="text"' : ''}>${escaped(cell)}</${tag}>`)
      .join('');
  if (rows.length === 0) return '<p>Nothing.</p>';
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<table><thead><tr>${cells('th', head)}</tr></thead>\n<tbody>${body}</tbody></table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function whole(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function energy(kwh: number): string {
  return kwh.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function percent(share: number | null, withSign = false): string {
  if (share === null) return '';
  const text = `${(share * 100).toFixed(1)} %`;
  return withSign && share > 0 ? `+${text}` : text;
}

function rounded(kwh: number): number {
  return Math.round(kwh * 1000) / 1000;
}
