import type { Config } from '../config.ts';
import { connectInflux, influxAddress } from '../influx/connect.ts';
import { createQueryTables } from '../influx/query-tables.ts';
import type { Log } from '../log.ts';
import { connectDatabase, type Database } from '../postgres/database.ts';
import { askInflux } from './ask-influx.ts';
import { askPostgres } from './ask-postgres.ts';
import type { Query } from './dashboard.ts';
import type { Frame } from './frame.ts';

const INFLUX_TIMEOUT_MS = 60_000;

/** The two servers that dashboards ask, with the rights of a reader where the environment names one. */
export interface DataSources {
  /** Asks a query whose variables and macros are expanded. @throws EvidaError as `askPostgres` and `askInflux` */
  ask(language: Query['language'], text: string, signal?: AbortSignal): Promise<Frame[]>;
  readonly database: Database;
  close(): Promise<void>;
}

export function openDataSources(config: Config, log: Log): DataSources {
  const database = connectDatabase(
    config.DATABASE_READER_URL ?? config.DATABASE_URL,
    'evida dashboards',
    log,
    config.DATABASE_CA_FILE,
  );
  const connection = connectInflux({
    ...influxAddress(config),
    token: config.INFLUX_READER_TOKEN ?? config.INFLUX_TOKEN,
    timeoutMs: INFLUX_TIMEOUT_MS,
  });
  const queryTables = createQueryTables(connection.influx, config.INFLUX_ORG);
  return {
    ask: async (language, text, signal) =>
      language === 'flux'
        ? await askInflux(queryTables, text, signal)
        : [await askPostgres(database, text, signal)],
    database,
    close: async () => {
      connection.close();
      await database.end();
    },
  };
}
