import type { Finding } from './finding.ts';

/** Tables that a query may read from end to end, and why they stay small. */
export const EXEMPT_TABLES: Readonly<Record<string, string>> = {
  analysis_setting: 'a row for each definition',
  eboost_box: 'a row for each box',
  job_run: 'a few rows a day',
  migration: 'a row for each file of sql/',
  outlet_installation: 'a row when an outlet is put up or taken away',
};

/** A finding that is none. */
interface Expected {
  /** `uid / panel`, with all its queries. */
  readonly place: string;
  readonly rule: string;
  /** Words of the finding, where it is one of several. */
  readonly about?: string;
  readonly why: string;
}

/** What a demo does not have, and dashboards have to show all the same. */
const EXPECTED: readonly Expected[] = [
  {
    place: 'evida-box / Photographs',
    rule: 'fields',
    about: 'an override is for',
    why: 'command, register_reset and backlog are recorded only when there is something to say',
  },
  {
    place: 'evida-box / Meter, outlets and bills by day',
    rule: 'fields',
    about: 'no row of billed meets one of meter',
    why: 'the meter speaks only while the demo runs, and the first box may bill nothing meanwhile',
  },
  {
    place: 'evida-sessions / Unbilled energy',
    rule: 'empty',
    why: 'the demo bills nearly everything that is drawn',
  },
  { place: 'evida-fleet / Offline or silent', rule: 'empty', why: 'all boxes may be online' },
  {
    place: 'evida-sessions / Unmetered transactions',
    rule: 'empty',
    why: 'everything that the demo bills was metered',
  },
  {
    place: 'evida-sessions / Transactions left out',
    rule: 'empty',
    why: 'the demo makes no transactions with bad data',
  },
];

/** Without what is expected. */
export function unexpected(found: readonly Finding[], expected = EXPECTED): Finding[] {
  return found.filter(
    (finding) => !expected.some((one) => isOf(finding.place, one.place) && isThat(finding, one)),
  );
}

function isThat({ rule, problem }: Finding, { rule: expectedRule, about = '' }: Expected): boolean {
  return rule === expectedRule && problem.includes(about);
}

/** What is expected of a place that is not there any more. */
export function staleExpectations(places: readonly string[], expected = EXPECTED): Finding[] {
  return expected
    .filter(({ place }) => !places.some((known) => isOf(known, place)))
    .map(({ place, rule }) => ({
      place,
      rule: 'exemptions',
      problem: `${rule} is expected of it, and it is not there`,
    }));
}

/** Whether a place is another one, or inside of it. */
function isOf(place: string, outer: string): boolean {
  return place === outer || place.startsWith(`${outer} / `);
}
