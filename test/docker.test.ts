import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { loadConfig, loadSetupConfig } from '../src/config.ts';
import { projectFile } from '../src/project-file.ts';
import { Encryption } from '../src/services/backup/encryption.ts';
import { SECRET_FILES } from '../src/setup/secret-files.ts';
import { DOCUMENTATION, SETUP_VARIABLES, VARIABLES } from '../src/variables.ts';
import { interpolated, readCompose, readYaml, type Service, serviceOf } from './fixture/compose.ts';

const run = promisify(execFile);
const FILES = ['compose.yml', 'compose.production.yml'] as const;
/** What .env holds, as it is asked for. */
const ADDRESSES = {
  EBOOST_API_URL: 'https://api.eboost.example',
  EBOOST_API_USERNAME: 'evida',
  INFLUX_URL: 'https://influx.example:8086',
  MQTT_URL: 'mqtts://broker.example:8883',
};

describe('docker/', () => {
  let secrets: string;

  before(async () => {
    secrets = await mkdtemp(join(tmpdir(), 'evida-docker-'));
    await run(projectFile('docker', 'make-secrets.sh'), [secrets]);
  });
  after(() => rm(secrets, { recursive: true, force: true }));

  /** What a file of a container holds: a made secret, or something in its form. */
  function readInContainer(path: string): string {
    const made = join(secrets, basename(path));
    if (existsSync(made)) return readFileSync(made, 'utf8');
    return /database/.test(path) ? 'postgres://evida:secret@postgres:5432/evida' : 'secret';
  }

  const environmentOf = ({ environment }: Service) =>
    Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, interpolated(value, ADDRESSES)]),
    );

  for (const file of [...FILES, 'compose.tls.yml']) {
    it(`${file} is what the Compose specification calls a Compose file`, () => {
      const schema: unknown = JSON.parse(
        readFileSync(projectFile('node_modules', 'dclint', 'schemas', 'compose.schema.json'), 'utf8'),
      );
      const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true, validateFormats: false });
      const isValid = ajv.compile(typeof schema === 'object' && schema !== null ? schema : false);
      isValid(readYaml(file));
      expect(isValid.errors ?? []).to.deep.equal([]);
    });
  }

  for (const file of FILES) {
    const compose = readCompose(file);
    const services = Object.entries(compose.services);

    it(`${file} pins its images, limits memory, processors and logs, and lets nobody gain rights`, () => {
      for (const [name, { image, build, logging, mem_limit, cpus }] of services) {
        if (build === undefined) expect(image, name).to.match(/:\d+\.\d+(\.\d+)?(-\w+)?$/);
        expect(logging?.options, name).to.include.keys('max-size', 'max-file');
        expect({ mem_limit, cpus }, name).to.have.property('mem_limit').that.is.a('string');
        expect(cpus, name).to.be.a('number');
      }
    });

    it(`${file} names what it uses: secrets, volumes, files, and checks of health that are waited for`, () => {
      const used = new Set<string>();
      for (const [name, service] of services) {
        for (const secret of service.secrets) used.add(secret);
        const mentioned = JSON.stringify([service.environment, service.command, service.entrypoint]);
        for (const [, secret = ''] of mentioned.matchAll(/\/run\/secrets\/([\w-]+)/g)) {
          expect(service.secrets, `secrets of ${name}`).to.include(secret);
        }
        for (const volume of service.volumes) {
          const source = volume.split(':')[0] ?? '';
          const isThere = source.startsWith('.')
            ? existsSync(projectFile('docker', source))
            : source in compose.volumes;
          expect(isThere, `${source} of ${name}`).to.equal(true);
        }
        for (const [other, { condition }] of Object.entries(service.depends_on)) {
          const awaited = serviceOf(compose, other);
          if (condition === 'service_healthy') expect(awaited.healthcheck?.test, other).to.be.an('array');
        }
      }
      expect([...used].sort()).to.deep.equal(Object.keys(compose.secrets).sort());
    });

    it(`${file} sets only variables that there are, and all that Evida and its set-up need`, () => {
      const readable = (variables: object) =>
        Object.entries(variables).flatMap(([name, type]) =>
          DOCUMENTATION.get(type)?.secret ? [name, `${name}_FILE`] : [name],
        );
      const evida = environmentOf(serviceOf(compose, 'evida'));
      expect(readable(VARIABLES)).to.include.members(Object.keys(evida));
      const config = loadConfig(evida, readInContainer);
      const setup = environmentOf(serviceOf(compose, 'setup'));
      expect(readable(SETUP_VARIABLES)).to.include.members(Object.keys(setup));
      const setupConfig = loadSetupConfig(setup, readInContainer);
      for (const name of ['REHEARSAL_INFLUX_TOKEN', 'REHEARSAL_DATABASE_URL', 'BACKUP_KEY_FILE'] as const) {
        expect(config[name], name).to.be.a('string');
      }
      // What both are told is the same.
      for (const name of ['INFLUX_URL', 'INFLUX_ORG', 'BACKUP_CONTAINER'] as const) {
        expect(config[name], name).to.equal(setupConfig[name]);
      }
    });

    it(`${file} gives Evida each secret that set-up makes for it, from the volume that set-up keeps them in`, () => {
      const made = Object.entries(SECRET_FILES).flatMap(([name, use]) =>
        use.endsWith('_FILE') ? [[use, `/var/lib/evida-secrets/${name}`]] : [],
      );
      const evida = serviceOf(compose, 'evida');
      expect(evida.environment).to.include(Object.fromEntries(made));
      expect(evida.volumes).to.include('evida-secrets:/var/lib/evida-secrets:ro');
      const setup = serviceOf(compose, 'setup');
      expect(setup.volumes).to.include('evida-secrets:/var/lib/evida-secrets');
      expect(setup.command).to.include('/var/lib/evida-secrets');
    });

    it(`${file} publishes the port that Evida listens on, to this machine only, and keeps DATA_DIR`, () => {
      const evida = serviceOf(compose, 'evida');
      const config = loadConfig(environmentOf(evida), readInContainer);
      expect(config.HTTP_HOST).to.equal('0.0.0.0');
      expect(evida.ports.map((port) => interpolated(port))).to.deep.equal([
        `127.0.0.1:8080:${config.HTTP_PORT}`,
      ]);
      expect(evida.volumes).to.include(`evida:${config.DATA_DIR}`);
      expect(evida).to.include({ init: true, read_only: true });
    });
  }

  it('compose.yml gives Grafana the secrets of a reader, and no others', () => {
    const readers = Object.keys(SECRET_FILES).flatMap((name) => /^reader\/(.*)/.exec(name)?.[1] ?? []);
    const compose = readCompose('compose.yml');
    const grafana = serviceOf(compose, 'grafana');
    const mounts = grafana.volumes.filter((volume) => volume.includes('secrets'));
    expect(mounts).to.deep.equal(['reader-secrets:/var/lib/reader-secrets:ro']);
    for (const name of readers) {
      expect(JSON.stringify(grafana.entrypoint)).to.include(`/var/lib/reader-secrets/${name}`);
    }
    expect(serviceOf(compose, 'setup').volumes).to.include('reader-secrets:/var/lib/evida-secrets/reader');
  });

  it('compose.yml has every server at the address that Evida looks for it', () => {
    const compose = readCompose('compose.yml');
    const config = loadConfig(environmentOf(serviceOf(compose, 'evida')), readInContainer);
    const setup = loadSetupConfig(environmentOf(serviceOf(compose, 'setup')), readInContainer);
    const blobs = /BlobEndpoint=([^;]+)/.exec(config.AZURE_STORAGE_CONNECTION_STRING)?.[1] ?? '';
    const addresses = [config.MQTT_URL, config.INFLUX_URL, setup.DATABASE_ADMIN_URL, blobs];
    expect(addresses.map((address) => new URL(address).host)).to.deep.equal([
      'mosquitto:1883',
      'influxdb:8086',
      'postgres:5432',
      'azurite:10000',
    ]);
    for (const address of addresses) expect(compose.services).to.have.property(new URL(address).hostname);
    expect(readFileSync(projectFile('docker', 'mosquitto', 'plain.conf'), 'utf8')).to.contain(
      'listener 1883',
    );
    expect(compose.services.azurite?.command?.join(' ')).to.contain('--blobPort 10000');
    expect(new URL(setup.DATABASE_ADMIN_URL).pathname).to.equal(
      `/${serviceOf(compose, 'postgres').environment.POSTGRES_DB}`,
    );
    expect(setup.INFLUX_ORG).to.equal(serviceOf(compose, 'influxdb').environment.DOCKER_INFLUXDB_INIT_ORG);
  });

  it('compose.tls.yml changes no variable but those of the broker', () => {
    const { services } = readCompose('compose.yml');
    const tls = readYaml('compose.tls.yml');
    expect(tls).to.have.nested.property('services.evida.environment.MQTT_URL', 'mqtts://mosquitto:8883');
    expect(Object.keys(VARIABLES)).to.include.members(['MQTT_CA_FILE', 'MQTT_CERT_FILE', 'MQTT_KEY_FILE']);
    expect(services).to.include.keys('mosquitto', 'evida');
  });

  it('make-secrets.sh makes every secret but those of Eboost, closed to others, and keeps what is there', async () => {
    const made = await readdir(secrets);
    const wanted = Object.keys(readCompose('compose.yml').secrets).filter(
      (name) => !name.startsWith('eboost-'),
    );
    expect(made).to.include.members(wanted);
    expect((await stat(secrets)).mode & 0o777).to.equal(0o700);
    const before = await Promise.all(made.map((name) => readFile(join(secrets, name), 'utf8')));
    const { stderr } = await run(projectFile('docker', 'make-secrets.sh'), [secrets]);
    expect(await Promise.all(made.map((name) => readFile(join(secrets, name), 'utf8')))).to.deep.equal(
      before,
    );
    expect(stderr).to.contain('eboost-api-password').and.to.contain('eboost-database-url');
  });

  it('make-secrets.sh makes a key that backups are encrypted with, and says that a copy must be kept elsewhere', async () => {
    const own = await mkdtemp(join(secrets, 'own-'));
    const make = () => run(projectFile('docker', 'make-secrets.sh'), [own]);
    expect((await make()).stderr).to.contain(`keep a copy of ${own}/backup-key`);
    expect((await make()).stderr).not.to.contain('backup-key');
    const key = await readFile(join(own, 'backup-key'), 'utf8');
    expect(() => Encryption.withKey(key)).not.to.throw();
    expect(key).not.to.equal(await readFile(join(secrets, 'backup-key'), 'utf8'));
    expect(await modesOf(own)).to.deep.equal([0o644]);
  });

  it('the image holds what Evida reads of the project, the dashboards for its backups too', () => {
    const dockerfile = readFileSync(projectFile('docker', 'Dockerfile'), 'utf8');
    const final = dockerfile.slice(dockerfile.lastIndexOf('\nFROM'));
    const copied = [...final.matchAll(/^COPY (?!--from)(\S+) (?:\1|\.\/)$/gm)].map(([, path = '']) => path);
    expect(copied).to.have.members(['package.json', 'flux', 'sql', 'grafana/dashboards']);
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    const sent = readFileSync(projectFile('.dockerignore'), 'utf8').match(/(?<=^!).+$/gm);
    expect(sent).to.have.members([...new Set(sources)]);
    expect(sources.filter((path) => !existsSync(projectFile(path)))).to.deep.equal([]);
  });

  it('the Dockerfile has nothing that its linter finds wrong', () => {
    const dockerfile = readFileSync(projectFile('docker', 'Dockerfile'), 'utf8');
    const severity = ValidationSeverity.ERROR;
    expect(
      validate(dockerfile, { deprecatedMaintainer: severity, instructionCasing: severity }),
    ).to.deep.equal([]);
    expect(dockerfile)
      .to.match(/^USER node$/m)
      .and.to.match(/^HEALTHCHECK/m);
  });
});

/** The modes of the files of a directory, each once. */
async function modesOf(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  const modes = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).mode & 0o777),
  );
  return [...new Set(modes)];
}
