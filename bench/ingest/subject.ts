/** What is measured: something between the broker and InfluxDB. */
export interface Subject {
  readonly name: string;
  readonly pid: number;
  /** How many messages it has taken in, and, as far as they must be there, got into InfluxDB. */
  taken(): Promise<number>;
  /** Whether all that it has taken in is in InfluxDB. */
  isDone(): Promise<boolean>;
  stop(): Promise<void>;
}
