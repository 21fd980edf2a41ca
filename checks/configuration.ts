import { z } from 'zod';
import { DOCUMENTATION, SECTIONS, SETUP, SETUP_VARIABLES } from '../src/variables.ts';
import type { GeneratedFile } from './generated-file.ts';

const ALL = { ...SECTIONS, 'Only for evida setup': SETUP };

/** The secrets that `evida setup` makes, and where it puts them. */
const MADE_BY_SETUP: Readonly<Record<string, string>> = {
  DATABASE_URL: 'secrets/database-url',
  INFLUX_TOKEN: 'secrets/influx-token',
};

/** docs/configuration.md and the examples of files, as they follow from src/variables.ts. */
export function configurationFiles(): GeneratedFile[] {
  return [
    { path: 'docs/configuration.md', content: manual() },
    { path: '.env.example', content: example() },
    { path: '.env.setup.example', content: setupExample() },
  ];
}

interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly example: string;
  readonly unit: string;
  /** As one would write it; undefined if it is required, null if it is optional. */
  readonly default: string | null | undefined;
  readonly secret: boolean;
}

function variablesOf(section: Readonly<Record<string, z.ZodType>>): Variable[] {
  return Object.entries(section).map(([name, type]) => {
    const {
      meaning,
      example,
      unit = '',
      secret = false,
    } = DOCUMENTATION.get(type) ?? { meaning: '', example: '' };
    return { name, meaning, example, unit, default: defaultOf(type), secret };
  });
}

function defaultOf(type: z.ZodType): string | null | undefined {
  if (type instanceof z.ZodPrefault) return String(type.def.defaultValue);
  return type instanceof z.ZodOptional ? null : undefined;
}

function manual(): string {
  const sections = Object.entries(ALL).map(([title, section]) => {
    const rows = variablesOf(section).map(
      ({ name, meaning, example, unit, default: value, secret }) =>
        `| \`${name}\`${secret ? ' (secret)' : ''} | ${meaning} | ${unit} | ${inWords(value)} | \`${example.replaceAll('|', '\\|')}\` |`,
    );
    return [
      `## ${title}`,
      '',
      '| variable | meaning | unit | default | example |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return `# Configuration

Evida is configured by environment variables, or by a file of them (\`--env\`; variables of the environment come
first). They are read once, at the start: a restart is how they are changed. \`evida thresholds\` shows the effective
thresholds. What is missing or wrong is listed at once, and nothing is started (exit code 78).

- A secret may be given as a file: \`INFLUX_TOKEN_FILE=/run/secrets/influx-token\` stands for \`INFLUX_TOKEN\`.
- A duration is a number with its unit: \`500ms\`, \`2s\`, \`30m\`, \`24h\`, \`7d\`.
- A cron schedule has five fields: minute, hour, day of month, month, day of week.

This page follows from \`src/variables.ts\`.

${sections.join('\n')}
## Only for Grafana, in docker/compose.yml

Evida itself does not read these: they stand in the \`.env\` beside it. The limits of the alerts are in \`grafana/src/limits.ts\`; after a
change there, or of a bucket's name or a threshold above, \`npm run dashboards\` (with the environment of Evida) writes rules
and dashboards anew.

| variable | meaning | default |
|---|---|---|
| \`ALERT_CONTACT\` | how alerts are told: \`webhook\` or \`email\` | \`webhook\` |
| \`ALERT_WEBHOOK_URL\` | where alerts are posted to, as JSON | none: they are shown in Grafana only, and its log says that nobody was told |
| \`ALERT_EMAIL\` | who is written to, addresses with \`;\` between them | none |
| \`ALERT_SMTP_ENABLED\`, \`ALERT_SMTP_HOST\`, \`ALERT_SMTP_FROM\` | whether, by which server (\`host:port\`) and as whom mail is sent; a user and its password are Grafana's own \`GF_SMTP_USER\` and \`GF_SMTP_PASSWORD__FILE\` | \`false\` |
| \`HANDBOOK_URL\` | where the handbook is read: what stands before \`/docs/handbook/alerts.md\` in the link of each alert | Grafana's own copy |

## Only for the demo and the tests

| variable | meaning |
|---|---|
| \`INFLUXD_PATH\` | the InfluxDB server to use, instead of looking for one |
| \`EVIDA_CACHE_DIR\` | where a downloaded or built InfluxDB is kept, instead of \`$XDG_CACHE_HOME/evida\` or \`~/.cache/evida\` |
| \`EVIDA_INFLUXDB_DOWNLOAD_URL\` | where InfluxDB's release is downloaded from, instead of its official place |
`;
}

function inWords(value: string | null | undefined): string {
  if (value === undefined) return '**required**';
  return value === null || value === '' ? '' : `\`${value}\``;
}

function example(): string {
  const sections = Object.entries(SECTIONS).map(
    ([title, section]) => `# --- ${title} ---\n\n${assignments(section)}`,
  );
  return `# Copy to .env and change; docs/configuration.md tells more. What is commented out shows its default or an example.
# The secrets that evida setup makes are read from its files.

${sections.join('\n')}`;
}

function setupExample(): string {
  return `# What evida setup needs: copy to .env.setup and change. Keep it from the process that runs Evida.
# What .env names as well must be the same there.

${assignments(SETUP_VARIABLES)}`;
}

/** A line that must be changed stands as it is; one that may be is commented out. */
function assignments(section: Readonly<Record<string, z.ZodType>>): string {
  return variablesOf(section)
    .map(({ name, meaning, example, default: value }) => {
      const file = MADE_BY_SETUP[name];
      const line = `${name}=${value ?? example}`;
      if (file !== undefined) return `# ${meaning}\n# ${line}\n${name}_FILE=${file}\n`;
      return `# ${meaning}\n${value === undefined ? '' : '# '}${line}\n`;
    })
    .join('');
}
