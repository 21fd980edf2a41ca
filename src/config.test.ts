import { expect } from 'chai';
import { loadConfig } from './config.ts';
import { EvidaError } from './errors.ts';
import { DOCUMENTATION, VARIABLES } from './variables.ts';

const REQUIRED = {
  MQTT_URL: 'mqtt://localhost:1883',
  INFLUX_URL: 'http://localhost:8086',
  INFLUX_TOKEN: 'influx-secret',
  DATABASE_URL: 'postgres://evida:pg-secret@localhost/evida',
  EBOOST_API_URL: 'http://localhost:8000',
  EBOOST_API_USERNAME: 'evida',
  EBOOST_API_PASSWORD: 'api-secret',
  EBOOST_DATABASE_URL: 'postgres://reader:db-secret@localhost/eboost',
  AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
};

function failureOf(environment: Record<string, string>, readFile = (path: string) => path): EvidaError {
  try {
    loadConfig(environment, readFile);
  } catch (error) {
    if (error instanceof EvidaError) return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

describe('loadConfig', () => {
  it('names every missing variable at once, with an example, and ends with exit code 78', () => {
    const error = failureOf({});
    expect(error.exitCode).to.equal(78);
    for (const name of Object.keys(REQUIRED))
      expect(error.message).to.match(new RegExp(`${name} is missing .*example: `));
  });

  it('has no other required variables', () => {
    const config = loadConfig(REQUIRED, String);
    expect(config).to.include({
      MQTT_CLIENT_ID: 'evida',
      PHOTOGRAPH_INTERVAL: 1_800_000,
      SILENT_AFTER: 600_000,
    });
    expect(config.ROLES).to.deep.equal(['photograph', 'utilization', 'analysis', 'backup']);
    expect(Object.isFrozen(config)).to.equal(true);
  });

  it('reports several wrong values together, with what is wrong', () => {
    const { message } = failureOf({
      ...REQUIRED,
      PHOTOGRAPH_SETTLE: 'soon',
      ROLES: 'cook',
      TIME_ZONE: 'Mars/Crater',
    });
    expect(message).to.contain('PHOTOGRAPH_SETTLE=soon must be a number with its unit');
    expect(message).to.contain('ROLES=cook must be some of photograph');
    expect(message).to.contain('TIME_ZONE=Mars/Crater must be an IANA time zone');
  });

  it('never shows the value of a secret', () => {
    expect(failureOf({ ...REQUIRED, DATABASE_URL: 'mysql://root:hunter2@db' }).message).not.to.contain(
      'hunter2',
    );
  });

  it('reads a secret from the file that NAME_FILE names, without its last line end', () => {
    const { INFLUX_TOKEN: _, ...rest } = REQUIRED;
    const environment = { ...rest, INFLUX_TOKEN_FILE: '/run/secrets/influx' };
    expect(loadConfig(environment, (path) => `content of ${path}\n`).INFLUX_TOKEN).to.equal(
      'content of /run/secrets/influx',
    );
    const unreadable = (): never => {
      throw new Error('ENOENT: no such file');
    };
    expect(failureOf(environment, unreadable).message).to.contain(
      'INFLUX_TOKEN_FILE=/run/secrets/influx: ENOENT',
    );
    expect(failureOf({ ...environment, INFLUX_TOKEN: 'x' }).message).to.contain('keep one of them');
  });

  it('refuses a password in an address that is shown, without showing it', () => {
    const { message } = failureOf({
      ...REQUIRED,
      MQTT_URL: 'mqtt://joe:hunter2@broker',
      INFLUX_URL: 'http://u:hunter3@db',
    });
    expect(message).to.contain('MQTT_URL must not hold a user or a password');
    expect(message).not.to.contain('hunter');
  });

  it('refuses schedules that never come, intervals that flood, and times that contradict each other', () => {
    const wrong = { BACKUP_SCHEDULE: '99 * * * *', ANALYSIS_SCHEDULE: 'a b c d e', PHOTOGRAPH_INTERVAL: '0' };
    const { message } = failureOf({ ...REQUIRED, ...wrong });
    for (const name of Object.keys(wrong)) expect(message).to.match(new RegExp(`${name}=.* must be`));
    const contradiction = failureOf({ ...REQUIRED, PHOTOGRAPH_SETTLE: '11s' }).message;
    expect(contradiction).to.contain('PHOTOGRAPH_SETTLE_MAX must not be shorter than PHOTOGRAPH_SETTLE');
  });

  it('reads certificates with the rest, and names one that cannot be read', () => {
    const environment = { ...REQUIRED, MQTT_CA_FILE: '/etc/evida/ca.pem' };
    expect(loadConfig(environment, (path) => `content of ${path}`).MQTT_CA_FILE).to.equal(
      'content of /etc/evida/ca.pem',
    );
    const unreadable = (): never => {
      throw new Error('EACCES: permission denied');
    };
    expect(failureOf(environment, unreadable).message).to.contain('MQTT_CA_FILE=/etc/evida/ca.pem: EACCES');
  });

  it('documents each variable on its own', () => {
    expect(new Set(Object.values(VARIABLES)).size).to.equal(Object.keys(VARIABLES).length);
  });

  it('accepts its own examples', () => {
    for (const [name, type] of Object.entries(VARIABLES)) {
      expect(type.safeParse(DOCUMENTATION.get(type)?.example).success, name).to.equal(true);
    }
  });

  it('takes durations in ms, s, m, h and d', () => {
    const settle = (text: string) =>
      loadConfig({ ...REQUIRED, PHOTOGRAPH_SETTLE: text, PHOTOGRAPH_SETTLE_MAX: '7d' }, String)
        .PHOTOGRAPH_SETTLE;
    expect(['500ms', '2s', '1.5m', '24h', '7d', '0'].map(settle)).to.deep.equal([
      500, 2000, 90_000, 86_400_000, 604_800_000, 0,
    ]);
  });
});
