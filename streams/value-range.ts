import { BOX_INDEX, METER_INDEX, type Quantity } from './reading.ts';
import { JOULES_PER_KWH } from './units.ts';

/** The energy registers in J end below this. */
const MAX_ENERGY_J = 1e15;
/** Index 10 stands for the box in status and energy only. */
export function isKnownIndex(quantity: Quantity, index: number): boolean {
  return index !== BOX_INDEX || quantity === 'status' || quantity === 'energy';
}

/** Whether a value is one that the quantity can have, in the unit of the wire; NaN never is (domain.md, "Decoding is strict"). */
export function isInRange(quantity: Quantity, index: number, value: number): boolean {
  switch (quantity) {
    case 'status':
      return Number.isInteger(value) && (index === BOX_INDEX || (value >= 0 && value <= 12));
    case 'current':
      return value >= 0 && value <= 1_000_000;
    case 'powerFactor':
      return value >= 0 && value <= 100;
    case 'voltage':
      return value >= 0 && value <= 1000;
    case 'meter':
      return value >= 0 && value <= maxOfMeter(index);
    default:
      return value >= 0 && value < MAX_ENERGY_J;
  }
}

/** V, A, kWh. */
function maxOfMeter(index: number): number {
  if (index === METER_INDEX.voltage) return 1000;
  return index === METER_INDEX.current ? 10_000 : MAX_ENERGY_J / JOULES_PER_KWH;
}
