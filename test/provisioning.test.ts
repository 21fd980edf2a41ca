import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { INFLUXDB, POSTGRES } from '../grafana/src/targets.ts';
import { projectFile } from '../src/project-file.ts';
import { readCompose, serviceOf } from './fixture/compose.ts';

const Datasources = z.object({
  datasources: z.array(
    z.object({
      uid: z.string(),
      type: z.string(),
      editable: z.literal(false),
      secureJsonData: z.record(z.string(), z.string()),
    }),
  ),
});
const Providers = z.object({
  providers: z.array(
    z.object({
      name: z.string(),
      folderUid: z.string(),
      allowUiUpdates: z.literal(false),
      options: z.object({ path: z.string() }),
    }),
  ),
});

const read = (path: string) => readFileSync(projectFile('grafana', 'provisioning', path), 'utf8');

describe('grafana/provisioning', () => {
  const grafana = serviceOf(readCompose('compose.yml'), 'grafana');

  it('reads only variables that docker/compose.yml gives to Grafana', () => {
    const given = [...Object.keys(grafana.environment), ...(grafana.entrypoint ?? [])].join('\n');
    const files = readdirSync(projectFile('grafana', 'provisioning'), { recursive: true, encoding: 'utf8' });
    const variables = files
      .filter((path) => path.endsWith('.yaml'))
      .flatMap((path) => [...read(path).matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name));
    expect(variables).to.include.members(['INFLUX_READER_TOKEN', 'DATABASE_READER_PASSWORD']);
    for (const name of variables) expect(given).to.match(new RegExp(`\\b${name}\\b`));
  });

  it('has the data sources that panels ask, with their secrets from the environment', () => {
    const { datasources } = Datasources.parse(parse(read('datasources/evida.yaml')));
    expect(datasources.map(({ uid, type }) => ({ type, uid }))).to.deep.equal([INFLUXDB, POSTGRES]);
    for (const { secureJsonData } of datasources) {
      for (const secret of Object.values(secureJsonData)) expect(secret).to.match(/^\$\{\w+\}$/);
    }
  });

  it("has Evida's dashboards apart from the operator's own, which git ignores and no upgrade touches", () => {
    const { providers } = Providers.parse(parse(read('dashboards/evida.yaml')));
    expect(providers.map(({ name, folderUid, options }) => [name, folderUid, options.path])).to.deep.equal([
      ['evida', 'evida', '/etc/evida/grafana/dashboards'],
      ['own', 'own', '/etc/evida/grafana/own'],
    ]);
    expect(grafana.volumes).to.include('../grafana:/etc/evida/grafana:ro');
    expect(grafana.environment.GF_PATHS_PROVISIONING).to.equal('/etc/evida/grafana/provisioning');
    expect(readFileSync(projectFile('grafana', 'own', '.gitignore'), 'utf8')).to.match(/^\*$/m);
  });

  it('shows times in the time zone in which business days start', () => {
    const evida = serviceOf(readCompose('compose.yml'), 'evida');
    expect(grafana.environment.GF_DATE_FORMATS_DEFAULT_TIMEZONE).to.equal(evida.environment.TIME_ZONE);
  });
});
