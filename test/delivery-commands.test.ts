import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import mqtt, { type MqttClient } from 'mqtt';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { until } from '../src/embedded/until.ts';
import { Evida } from '../src/services/evida.ts';
import { type CommandResult, runEvida } from './fixture/command.ts';
import { createLogLines } from './fixture/log-lines.ts';
import { useWorld } from './fixture/world.ts';

const WITHIN_MS = 15_000;
const { boxes } = eboostHistory({ boxes: 2, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });

describe('commands beside a running Evida', function () {
  this.timeout(60_000);
  const world = useWorld();
  let api: EboostApiPart;
  let publisher: MqttClient;
  let environment: Record<string, string>;
  let evida: Evida;

  beforeEach(async () => {
    const { broker } = world().servers;
    api = await startEboostApi({ boxes: () => boxes });
    publisher = await mqtt.connectAsync(broker.url, { username: broker.username, password: broker.password });
    const id = randomBytes(4).toString('hex');
    environment = world().environment({
      ROLES: 'photograph,utilization',
      DATA_DIR: join(world().dataDir, id),
      MQTT_CLIENT_ID: `evida-${id}`,
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      PHOTOGRAPH_SETTLE: '0s',
      PHOTOGRAPH_SETTLE_MAX: '0s',
    });
    evida = new Evida(world().config(environment), createLogLines().log);
    await evida.start();
    await waitFor('the subscription', () => delivery()?.listening === true && delivery()?.backlog === false);
  });
  afterEach(async () => {
    await evida.stop();
    await publisher.endAsync();
    await api.stop();
    await until(() => world().servers.broker.connectedClients().length === 0, WITHIN_MS);
  });

  const delivery = () => evida.status().delivery;
  const books = () => evida.status().books;
  const waitFor = async (what: string, condition: () => boolean | Promise<boolean>) =>
    expect(await until(condition, WITHIN_MS), what).to.equal(true);
  const publish = (topic: string, payload: string) =>
    publisher.publishAsync(world().topicPrefix + topic, payload, { qos: 1 });
  const command = (...args: string[]): Promise<CommandResult> => runEvida(args, environment);
  const jsonLines = ({ stdout }: CommandResult): Record<string, unknown>[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  it('evida status shows the books and the parts, and ends with 0 while all are ready', async () => {
    await publish('SEbox_10', '3-2');
    await waitFor('the photograph', () => books()?.points.written === 1);
    const { code, stdout, stderr } = await command('status', '--json');
    expect(code, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ ready: true, boxes: 2, books: books() });
    const text = await command('status');
    expect(text.stdout).to.match(/broker +ready/);
    expect(text.stdout).to.contain('1 received = 1 decoded + 0 dead + 0 duplicate');
    expect(text.stdout).to.contain('1 decided = 1 written + 0 dead + 0 unsent');
  });

  it('evida status ends with 69 once it is stopped', async () => {
    await evida.stop();
    const { code, stderr } = await command('status');
    expect(code).to.equal(69);
    expect(stderr).to.contain('running.json').and.to.contain('evida run');
  });

  it('evida dead-letters lists, shows, takes up again and forgets what could not be used', async () => {
    await publish('SEbox_10', 'garbage');
    await publish('VEbox_10', 'x-99999');
    await waitFor('both', () => books()?.messages.dead === 2);
    let letters: Record<string, unknown>[] = [];
    await waitFor('both letters', async () => {
      letters = jsonLines(await command('dead-letters', 'list', '--json'));
      return letters.length === 2;
    });
    expect(letters.map(({ reason }) => reason)).to.deep.equal(['malformed', 'out-of-range']);
    const id = String(letters[0]?.id);
    const shown = await command('dead-letters', 'show', id);
    expect(shown.stdout).to.contain('SEbox_10').and.to.contain('garbage');
    expect((await command('dead-letters', 'show', '999999')).code).to.equal(1);

    const replayed = await command('dead-letters', 'replay', id, '--json');
    expect(JSON.parse(replayed.stdout), 'it is of no use even now').to.include({ done: 0, left: 1 });
    expect(replayed.code).to.equal(1);
    expect((await command('dead-letters', 'drop')).code, 'none are named').to.equal(2);
    const dropped = await command('dead-letters', 'drop', '--reason', 'malformed', '--json');
    expect(JSON.parse(dropped.stdout)).to.include({ done: 1, left: 0 });
    await evida.stop();
    const alone = await command('dead-letters', 'drop', '--all', '--json');
    expect(JSON.parse(alone.stdout), 'without a running Evida').to.include({ done: 1, left: 0 });
    expect(jsonLines(await command('dead-letters', 'list', '--json'))).to.deep.equal([]);
    expect((await command('dead-letters', 'replay', '--all')).code).to.equal(69);
  });

  it('evida replay shows what other thresholds would have recorded', async () => {
    await publish('SEbox_11', '3-2');
    for (const [before, milliampere] of [5000, 5600, 7000, 7400].entries()) {
      // Of several that arrive in one millisecond, the later photographs are dated 1 ms after the earlier.
      const from = Date.now();
      await waitFor('the one before', () => books()?.messages.received === before + 1 && Date.now() > from);
      await publish('AEbox_11', `3-${milliampere}`);
    }
    await waitFor('all messages', () => books()?.messages.received === 5);
    await waitFor('their points', () => books()?.points.unsent === 0);
    const { stdout, stderr } = await command(
      'replay',
      '--set',
      'PHOTOGRAPH_CURRENT_DEADBAND_A=0.5',
      '--json',
    );
    expect(stderr).to.equal('');
    const { messages, recorded, replayed } = JSON.parse(stdout);
    expect(messages).to.equal(5);
    expect(recorded.photographs).to.deep.equal({ first: 1, change: 2 });
    expect(replayed.photographs).to.deep.equal({ first: 1, change: 3 });
    expect(recorded.deviations.current.max).to.be.closeTo(0.6, 1e-9);
    expect(replayed.deviations.current.max).to.be.closeTo(0.4, 1e-9);
    const text = await command('replay', '--set', 'PHOTOGRAPH_CURRENT_DEADBAND_A=0.5');
    expect(text.stdout).to.match(/change +2 +3/);
    expect((await command('replay', '--set', 'NOTHING=1')).code).to.equal(2);
    expect((await command('replay', '--to', '1h')).code, 'nothing of that time').to.equal(1);
  });
});
