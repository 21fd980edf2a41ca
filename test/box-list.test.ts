import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import mqtt, { type MqttClient } from 'mqtt';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { until } from '../src/embedded/until.ts';
import { Evida } from '../src/services/evida.ts';
import type { Point } from '../streams/point.ts';
import { type CommandResult, runEvida } from './fixture/command.ts';
import { createLogLines } from './fixture/log-lines.ts';
import { useWorld } from './fixture/world.ts';

const WITHIN_MS = 15_000;
/** Boxes 10 to 19, and one more that may come. */
const { boxes: all } = eboostHistory({ boxes: 11, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });

describe('the box list, from Eboost to the subscriptions', function () {
  this.timeout(40_000);
  const world = useWorld();
  let api: EboostApiPart;
  let isFailing: boolean;
  let listed: typeof all;
  let publisher: MqttClient;
  let dataDir: string;
  let evida: Evida;
  let points: Point[];
  let lines: string[];
  let tests = 0;

  beforeEach(async () => {
    const { broker } = world().servers;
    listed = all.slice(0, 10);
    isFailing = false;
    api = await startEboostApi({ boxes: () => listed, isFailing: () => isFailing });
    publisher = await mqtt.connectAsync(broker.url, { username: broker.username, password: broker.password });
    dataDir = join(world().dataDir, `${++tests}`);
    await start();
    await waitFor('the first list', () => lines.some((line) => line.includes('box list done')));
  });
  afterEach(async () => {
    await evida.stop();
    await publisher.endAsync();
    await api.stop();
    await until(() => world().servers.broker.connectedClients().length === 0, WITHIN_MS);
  });

  const environment = (changes: Record<string, string> = {}) =>
    world().environment({
      ROLES: 'photograph,utilization',
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      DATA_DIR: dataDir,
      ...changes,
    });

  async function start(changes?: Record<string, string>): Promise<void> {
    const logged = createLogLines();
    lines = logged.lines;
    const config = world().config(environment(changes));
    evida = new Evida(config, logged.log);
    points = [];
    evida.points$.subscribe((point) => points.push(point));
    await evida.start();
  }

  const waitFor = async (what: string, condition: () => boolean | Promise<boolean>) =>
    expect(await until(condition, WITHIN_MS), what).to.equal(true);
  const publish = (topic: string, payload: string) =>
    publisher.publishAsync(world().topicPrefix + topic, payload, { qos: 1 });

  const messages = () => evida.status().books?.messages ?? { received: 0, dead: 0 };

  /** Whether Evida hears a box: the garbage of box 10, which it always hears, comes after what the box says. */
  async function hears(box: number): Promise<boolean> {
    const before = messages();
    await publish(`SEbox_${box}`, '0-1');
    await publish('SEbox_10', 'garbage');
    await waitFor('the garbage', () => messages().dead > before.dead);
    return messages().received - before.received === 2;
  }
  const listensTo = (box: number, expected: boolean) =>
    waitFor(
      `box ${box} is ${expected ? '' : 'not '}listened to`,
      async () => (await hears(box)) === expected,
    );
  const isSubscribed = () =>
    waitFor('a subscription', () => lines.some((line) => line.includes('"subscribed"')));
  const evidaBoxes = (args: readonly string[]): Promise<CommandResult> =>
    runEvida(['boxes', ...args], environment());

  it('listens to boxes that come, out of service or not, and no more to those that two lists lack', async () => {
    await isSubscribed();
    listed = all.filter(({ uniqueId }) => uniqueId !== 'Ebox_19').map((box) => ({ ...box, status: false }));
    expect((await evida.boxListing.run()).outcome).to.deep.equal({
      result: { boxes: 11, added: 1, removed: 0, missing: 1 },
    });
    await listensTo(20, true);
    await listensTo(19, true);
    const { outcome } = await evida.boxListing.run();
    expect(outcome).to.deep.equal({ result: { boxes: 10, added: 0, removed: 1, missing: 0 } });
    await listensTo(19, false);
    await listensTo(12, true);
    const connections = points.filter(
      ({ measurement, tags }) => measurement === 'connection' && tags.box === 19,
    );
    expect(connections.map(({ fields }) => fields)).to.deep.include({ online: false, silent: true });
  });

  it('starts without the API, on the stored list', async () => {
    await evida.stop();
    await start({ EBOOST_API_URL: 'http://127.0.0.1:9' });
    await isSubscribed();
    expect(evida.status().boxes).to.equal(10);
    await listensTo(19, true);
    await waitFor('a word about the API', () =>
      lines.some((line) => line.includes('reading the box list: waiting')),
    );
  });

  it('goes on listening while the API fails, and takes its list as soon as it answers', async () => {
    await isSubscribed();
    isFailing = true;
    const running = evida.boxListing.run();
    await waitFor('a word about the API', () => lines.some((line) => /box list: waiting/.test(line)));
    expect(lines.join()).to.contain('HTTP 500');
    await listensTo(19, true);
    listed = all;
    isFailing = false;
    expect((await running).outcome).to.deep.equal({
      result: { boxes: 11, added: 1, removed: 0, missing: 0 },
    });
  });

  it('refuses a list that lacks too many boxes until it is accepted, while Evida runs', async () => {
    await isSubscribed();
    expect((await evidaBoxes(['accept'])).code, 'nothing to accept').to.equal(1);
    listed = all.slice(0, 5);
    const { outcome } = await evida.boxListing.run();
    expect(outcome).to.have.property('error').that.contains('it lacks 5 of the 10 known boxes');
    expect(lines.join()).to.contain('evida boxes accept');
    await listensTo(19, true);
    const shown = await evidaBoxes([]);
    expect(shown.stdout).to.contain('it lacks 5 of them');

    const accepted = await evidaBoxes(['accept', '--json']);
    expect(accepted.code, accepted.stderr).to.equal(0);
    expect(JSON.parse(accepted.stdout)).to.deep.include({ boxes: 5, gone: [15, 16, 17, 18, 19] });
    await waitFor('the accepted list', () => evida.status().boxes === 5);
    await listensTo(19, false);
    await listensTo(14, true);
    expect((await evida.boxListing.run()).outcome)
      .to.have.property('result')
      .that.includes({ boxes: 5 });
    const lists = (await readdir(dataDir)).filter((file) => file.startsWith('box-list'));
    expect(lists).to.deep.equal(['box-list.json']);
    expect((await stat(join(dataDir, 'box-list.json'))).mode & 0o777).to.equal(0o600);
    expect((await stat(dataDir)).mode & 0o777).to.equal(0o700);
  });

  it('evida boxes shows what is listened to, as a table and as JSON', async () => {
    listed = all.slice(0, 9).map((box) => ({ ...box, status: box.uniqueId !== 'Ebox_12' }));
    await evida.boxListing.run();
    const { code, stdout, stderr } = await evidaBoxes(['--json']);
    expect(code, stderr).to.equal(0);
    const { boxes, refused } = JSON.parse(stdout);
    expect(refused).to.equal(undefined);
    expect(boxes).to.have.length(10);
    const [first] = all;
    expect(boxes[0]).to.deep.include({
      number: 10,
      name: first?.name,
      city: first?.city,
      district: first?.district,
      inService: true,
      missingSince: null,
      missingLists: 0,
    });
    expect(boxes[2]).to.include({ number: 12, inService: false });
    expect(boxes[9]).to.include({ number: 19, missingLists: 1 });
    expect(Date.parse(boxes[9].listedSince)).to.be.lessThan(Date.parse(boxes[9].missingSince));
    const table = await evidaBoxes([]);
    expect(table.stdout)
      .to.match(/^box {2}name .*missing since\n10 /)
      .and.to.contain('10 boxes');
  });

  it('evida boxes says where it looked when there is no list', async () => {
    const { code, stderr } = await runEvida(['boxes'], environment({ DATA_DIR: join(dataDir, 'nowhere') }));
    expect(code).to.equal(1);
    expect(stderr).to.contain(join('nowhere', 'box-list.json'));
  });

  it('evida boxes --unlisted shows who is heard but not listed', async () => {
    const speaking = setInterval(() => {
      for (const topic of ['SEbox_99', 'AEbox_99', 'SEbox_10']) void publish(topic, '0-1');
    }, 50);
    try {
      const { code, stdout, stderr } = await evidaBoxes(['--unlisted', '--for', '500ms', '--json']);
      expect(code, stderr).to.equal(0);
      const { unlisted } = JSON.parse(stdout);
      expect(unlisted).to.have.length(1);
      expect(unlisted[0].number).to.equal(99);
      expect(unlisted[0].topics.map(({ topic }: { topic: string }) => topic)).to.deep.equal([
        'AEbox_99',
        'SEbox_99',
      ]);
      expect(unlisted[0].topics[0].messages).to.be.greaterThan(0);
    } finally {
      clearInterval(speaking);
    }
  });
});
