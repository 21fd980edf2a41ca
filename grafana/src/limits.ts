/** Between which the voltage of the mains stays, V: 230 V less and plus 10 % (EN 50160). */
export const VOLTAGE_V = { lowest: 207, highest: 253 } as const;
