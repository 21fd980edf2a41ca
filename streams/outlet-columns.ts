/**
 * Where in the cells of a box the numbers of its outlets stand: each of them ten in a row, so that what a message brings,
 * one quantity of all outlets, stands together.
 */
export const COLUMN = {
  status: 0,
  currentMa: 10,
  powerFactor: 20,
  energyJ: 30,
  liveAtMs: 40,
  foldedAtMs: 50,
  lastStatus: 60,
  lastCurrentMa: 70,
  lastPowerFactor: 80,
  lastEnergyJ: 90,
  lastVoltageV: 100,
  lastTimeMs: 110,
  heldJ: 120,
  command: 130,
  commandAtMs: 140,
  changedAtMs: 150,
} as const;
export const CELLS_PER_BOX = 160;

/** From a value to the one in the last photograph. */
export const TO_LAST = COLUMN.lastStatus - COLUMN.status;
