import { relative } from 'node:path';
import type { EboostApiPart } from '../eboost/api-server.ts';
import type { Servers } from '../servers.ts';
import { environmentFiles, secretsDirectory } from './demo-environment.ts';

/** Says where each part of a demo listens, and how to look into it. */
export function introduce(
  { influx, postgres, broker, blobs }: Servers,
  api: EboostApiPart,
  directory: string,
  say: (line: string) => void,
): void {
  const here = (path: string) => relative(process.cwd(), path) || '.';
  const { evida, setup } = environmentFiles(directory);
  for (const part of [broker, influx, postgres, blobs, api])
    say(`${part.name.padEnd(14)} ${plainVersion(part.version).padEnd(10)} ${part.address}`);
  say(`
The demo shortens two intervals: a photograph every 20 s while charging, consumption every 5 s.
To look into it, load the environment of this demo in another terminal, and take one of the commands:
  set -a; . ${here(evida)}; set +a
  mosquitto_sub -L "$MQTT_URL/#" -u "$MQTT_USERNAME" -P "$MQTT_PASSWORD" -v
  curl -s "$INFLUX_URL/api/v2/query?org=$INFLUX_ORG" -H "Authorization: Token $INFLUX_TOKEN" \\
    -H 'Content-Type: application/vnd.flux' \\
    -d 'from(bucket: "history") |> range(start: -5m) |> filter(fn: (r) => r._measurement == "photograph")'
  psql "$DATABASE_URL" -c 'SELECT * FROM CHARGING_EVENT_DAY ORDER BY day DESC, box LIMIT 20'
  npx evida status
  npx evida replay --set PHOTOGRAPH_CURRENT_DEADBAND_A=2
  npx evida panel "metered and billed energy by day"
  npx evida backup run
  npx evida doctor
  npx evida setup --dry-run --env ${here(setup)} --secrets ${here(secretsDirectory(directory))}
Ctrl-C ends it; the data stays in ${here(directory)}
`);
}

/** "v2.9.1" and "PostgreSQL 18.4 on x86_64-..." as 2.9.1 and 18.4. */
export function plainVersion(version: string): string {
  return /\d+(\.\d+)*/.exec(version)?.[0] ?? version;
}
