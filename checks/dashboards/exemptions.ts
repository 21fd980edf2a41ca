/** Tables that a panel may read from end to end, and why they stay small. */
export const EXEMPT_TABLES: Readonly<Record<string, string>> = {
  analysis_setting: 'a row for each definition',
  eboost_box: 'a row for each box',
  outlet_installation: 'a row when an outlet is put up or taken away',
};

/** Queries that may find nothing in a demo, by place and refId (`uid / panel / refId`), and why. */
export const MAY_BE_EMPTY: Readonly<Record<string, string>> = {};
