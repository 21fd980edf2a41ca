/** What may import what: the rooms of docs/architecture.md. An arrow that is not allowed here fails the build. */

const TESTS = '\\.test\\.ts$|^test/';

/** A rule: production code in `from` may reach only what `to` matches. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: TESTS },
  to: { pathNot: to },
});

/** The files that every room of src/ may use: errors, the log, the configuration, the heap, the project's own files. */
const SHARED =
  '^src/(errors|log|config|config-types|variables|data-file|deadline|heap|planned-change|project-file|retry|stop-signal|tls-hint)\\.ts$';
/** Besides them: pure streams, and Node.js. */
const EVERYWHERE = `${SHARED}|^streams/|^node:|^[a-z_0-9]+(/promises)?$`;
/** Where a file of src/ may live: each of these has a rule of its own below, but for embedded/, which may import anything. */
const ROOMS =
  '^src/((mqtt|journal|influx|postgres|eboost|grafana|http|setup|doctor|commands|embedded)/|services/((telemetry|photograph|utilization|analysis|backup)/|[^/]*$)|evida\\.ts$)';
const NPM = (...names) =>
  names.map((name) => `node_modules/${name.replace('/', '\\/')}/|^${name}$`).join('|');
const any = (...paths) => paths.join('|');

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'a package that package.json does not name may be gone tomorrow',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'production-packages',
      comment: 'what runs in production must not need development packages',
      severity: 'error',
      from: { path: '^(src|streams)/', pathNot: any('^src/embedded/', TESTS) },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'embedded-apart',
      comment:
        'production code never imports the embedded servers; the command line loads them when it is asked to',
      severity: 'error',
      from: { path: '^(src|streams)/', pathNot: any('^src/embedded/', TESTS) },
      to: { path: '^src/embedded/', dynamic: false },
    },
    only('streams', '^streams/', any('^streams/', NPM('rxjs'))),
    {
      name: 'no-strays',
      comment: 'a file of src/ outside the rooms and the shared files: give it a room, or name it here',
      severity: 'error',
      from: { path: '^src/', pathNot: any(ROOMS, SHARED, TESTS) },
      to: {},
    },
    {
      name: 'no-strays-used',
      comment: 'the same, for a file that imports nothing',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: any(ROOMS, SHARED, TESTS) },
    },
    only('shared', SHARED, any(EVERYWHERE, NPM('zod', 'pino', 'pino-pretty', 'rxjs', 'cron-parser'))),
    only('errors', '^src/errors\\.ts$', '^$'),
    only(
      'config',
      '^src/(config|config-types|variables)\\.ts$',
      any('^src/(config-types|variables|errors)\\.ts$', NPM('zod', 'cron-parser')),
    ),
    only('mqtt', '^src/mqtt/', any('^src/mqtt/', EVERYWHERE, NPM('mqtt', 'rxjs'))),
    only(
      'journal',
      '^src/journal/',
      any('^src/journal/', SHARED, '^node:|^[a-z_0-9]+(/promises)?$', NPM('zod')),
    ),
    only(
      'influx',
      '^src/influx/',
      any(
        '^src/influx/',
        EVERYWHERE,
        NPM('@influxdata/influxdb-client', '@influxdata/influxdb-client-apis', 'zod'),
      ),
    ),
    only(
      'postgres',
      '^src/postgres/',
      any('^src/postgres/', EVERYWHERE, NPM('pg', 'pg-connection-string', '@types/pg', 'zod')),
    ),
    only(
      'dashboards',
      '^src/grafana/',
      any('^src/(grafana|influx|postgres)/', EVERYWHERE, NPM('pg', '@types/pg', 'zod')),
    ),
    only('eboost', '^src/eboost/', any('^src/(eboost|postgres)/', EVERYWHERE, NPM('pg', '@types/pg', 'zod'))),
    ...['photograph', 'utilization', 'analysis', 'backup'].map((service) =>
      only(
        `service-${service}`,
        `^src/services/${service}/`,
        any(
          `^src/services/${service}/`,
          '^src/(mqtt|influx|postgres|eboost)/',
          EVERYWHERE,
          NPM('rxjs', 'zod', '@azure/storage-blob', 'pg-copy-streams', '@types/pg-copy-streams', 'echarts'),
        ),
      ),
    ),
    only('http', '^src/http/', any('^src/http/', EVERYWHERE, NPM('prom-client', 'zod'))),
    only(
      'service-telemetry',
      '^src/services/telemetry/',
      any(
        '^src/services/(telemetry|photograph|utilization)/',
        '^src/(journal|mqtt|influx|http)/',
        EVERYWHERE,
        NPM('rxjs', 'zod', '@influxdata/influxdb-client'),
      ),
    ),
    only(
      'services',
      '^src/services/[^/]*$',
      any(
        '^src/(services|journal|mqtt|influx|postgres|eboost|http)/',
        EVERYWHERE,
        NPM('rxjs', 'node-schedule', '@types/node-schedule', '@influxdata/influxdb-client'),
      ),
    ),
    only(
      'setup',
      '^src/setup/',
      any(
        '^src/(setup|influx|postgres)/|^src/services/backup/container',
        EVERYWHERE,
        NPM('@influxdata/influxdb-client', 'pg', '@types/pg', 'pino', 'zod'),
      ),
    ),
    only(
      'doctor',
      '^src/doctor/',
      any(
        '^src/(doctor|mqtt|influx|postgres|eboost)/|^src/services/backup/container',
        EVERYWHERE,
        NPM('mqtt', 'zod', 'pino', '@influxdata/influxdb-client', '@influxdata/influxdb-client-apis'),
      ),
    ),
    only(
      'commands',
      '^src/(commands/|evida\\.ts)',
      any(
        '^src/(commands|services|setup|doctor|http|journal|grafana)/|^src/(postgres/database|eboost/(box-list-store|review-box-list)|mqtt/hear-boxes)|^src/embedded/',
        EVERYWHERE,
        NPM('commander', 'pino'),
      ),
    ),
    {
      name: 'grafana',
      comment: 'dashboards as code; they take what is pure and shared, and nothing that runs',
      severity: 'error',
      from: { path: '^grafana/', pathNot: TESTS },
      to: {
        pathNot: any(
          '^grafana/src/',
          '^src/(project-file|variables|influx/flux-functions)\\.ts$',
          '^node:|^[a-z_]+$',
          NPM('@grafana/grafana-foundation-sdk', 'yaml', 'zod'),
        ),
      },
    },
    {
      name: 'grafana-apart',
      comment: 'production code reads the dashboards that were emitted, never their sources',
      severity: 'error',
      from: { path: '^(src|streams)/' },
      to: { path: '^grafana/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
