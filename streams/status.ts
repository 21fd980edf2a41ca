/** The status codes that have a meaning (domain.md, "Words"); others are kept as they come. */
export const STATUS = {
  available: 0,
  ready: 1,
  charging: 2,
  full: 3,
  unplugged: 4,
  notInstalled: 6,
} as const;
