import type { EboostApiPart } from '../../src/embedded/eboost/api-server.ts';
import type { InfluxDbPart } from '../../src/embedded/influxdb.ts';
import type { MqttServerPart } from '../../src/embedded/mosquitto.ts';
import { steadyPort } from './steady-port.ts';

interface Servers {
  readonly broker: MqttServerPart;
  readonly influx: InfluxDbPart;
  readonly api: EboostApiPart;
  readonly dataDir: string;
}

/** The environment of an Evida that photographs and samples what boxes say, with the default rules. */
export async function telemetryEnvironment({
  broker,
  influx,
  api,
  dataDir,
}: Servers): Promise<Record<string, string>> {
  return {
    MQTT_URL: broker.url,
    MQTT_USERNAME: broker.username,
    MQTT_PASSWORD: broker.password,
    INFLUX_URL: influx.url,
    INFLUX_TOKEN: influx.adminToken,
    EBOOST_API_URL: api.url,
    EBOOST_API_USERNAME: api.username,
    EBOOST_API_PASSWORD: api.password,
    // Not needed by these roles, but part of the environment.
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    EBOOST_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    ROLES: 'photograph,utilization',
    DATA_DIR: dataDir,
    HTTP_PORT: String(await steadyPort()),
  };
}
