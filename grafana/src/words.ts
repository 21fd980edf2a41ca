import { type Look, link, valueMappings } from './panels.ts';

/** The status of an outlet, as a number (docs/domain.md). */
export const STATUS = valueMappings({
  0: { text: 'available', color: 'dark-green' },
  1: { text: 'ready', color: 'blue' },
  2: { text: 'charging', color: 'orange' },
  3: { text: 'full', color: 'purple' },
  4: { text: 'unplugged', color: 'semi-dark-yellow' },
  6: { text: 'not installed', color: 'text' },
});

/** The state of a box, by its connection points. */
export const CONNECTION = valueMappings({
  online: { text: 'online', color: 'dark-green' },
  offline: { text: 'offline', color: 'red' },
  silent: { text: 'silent', color: 'dark-red' },
});

/** A box by its number, which leads to its dashboard. The field is called box. */
export const BOX: Look = {
  displayName: 'Box',
  unit: 'none',
  links: [link('Box and outlet', '/d/evida-box?var-box=${__data.fields.box}&${__url_time_range}')],
};

/** An outlet by its number, which leads to it on the dashboard of its box. The fields are called box and outlet. */
export const OUTLET: Look = {
  displayName: 'Outlet',
  unit: 'none',
  links: [
    link(
      'Box and outlet',
      '/d/evida-box?var-box=${__data.fields.box}&var-outlet=${__data.fields.outlet}&${__url_time_range}',
    ),
  ],
};

export const EVENTS: Look = { displayName: 'Charging events', unit: 'none', decimals: 0 };
export const REVENUE: Look = { displayName: 'Revenue', unit: 'currencyVND', decimals: 0 };
