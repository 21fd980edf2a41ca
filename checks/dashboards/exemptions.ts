/** Tables that a query may read from end to end, and why they stay small. */
export const EXEMPT_TABLES: Readonly<Record<string, string>> = {
  analysis_setting: 'a row for each definition',
  eboost_box: 'a row for each box',
  job_run: 'a few rows a day',
  migration: 'a row for each file of sql/',
  outlet_installation: 'a row when an outlet is put up or taken away',
};

/** Queries that may find nothing in a demo, by place and refId (`uid / panel / refId`), and why. */
export const MAY_BE_EMPTY: Readonly<Record<string, string>> = {};
