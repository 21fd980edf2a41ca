// How much each energy register grew, kWh: for each point (_value) the increase since the last known value before it in
// its table, which must be one register in the order of time. A register only falls when it is reset, since glitches are
// filtered when it is recorded: then the increase is the new value. The first point gives none, a null gives null.
// In SQL it is energy_increase, and test/energy-increases.test.ts holds the two together.
energyIncreases = (tables=<-) => tables |> difference(nonNegative: true, initialZero: true)
