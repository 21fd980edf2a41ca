/** A server started for the demo or a test. Whoever started it stops it; stopping twice is harmless. */
export interface Part {
  /** What a person calls it: "InfluxDB", "Postgres". */
  readonly name: string;
  /** The version that the running server itself reports. */
  readonly version: string;
  /** Where it listens, without secrets: "http://127.0.0.1:40123". */
  readonly address: string;
  stop(): Promise<void>;
}

/** Told about long work (a download, a build): one calm line at a time. */
export type OnProgress = (line: string) => void;
