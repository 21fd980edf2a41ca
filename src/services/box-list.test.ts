import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { BoxListStore } from '../eboost/box-list-store.ts';
import { until } from '../embedded/until.ts';
import { BoxList } from './box-list.ts';

const WITHIN_MS = 5000;
const signal = new AbortController().signal;

describe('BoxList', () => {
  let directory: string;
  let store: BoxListStore;
  let listed: number[];
  let nowMs: number;
  let listening: readonly number[];
  let lines: string[];
  const opened: BoxList[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-boxes-'));
    store = new BoxListStore(directory);
    listed = Array.from({ length: 10 }, (_, index) => index + 10);
    nowMs = 1000;
    listening = [];
  });
  afterEach(async () => {
    for (const list of opened.splice(0)) await list.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function openList(): Promise<BoxList> {
    const logged = createLogLines();
    lines = logged.lines;
    const list = new BoxList({
      listBoxes: () =>
        Promise.resolve(
          listed.map((number) => ({
            uniqueId: `Ebox_${number}`,
            name: null,
            status: true,
            city: null,
            district: null,
          })),
        ),
      store,
      listenTo: (boxes) => {
        listening = boxes;
      },
      now: () => nowMs++,
      log: logged.log,
    });
    opened.push(list);
    await list.open();
    return list;
  }

  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => '',
      (error: unknown) => String(error),
    );
  const listensTo = async (count: number) =>
    expect(await until(() => listening.length === count, WITHIN_MS)).to.equal(true);

  it('listens to the stored boxes when it opens, and counts missing lists across starts', async () => {
    await (await openList()).read(signal);
    listed.pop();
    expect(await (await openList()).read(signal)).to.deep.equal({
      boxes: 10,
      added: 0,
      removed: 0,
      missing: 1,
    });
    listening = [];
    const list = await openList();
    expect(listening).to.have.length(10);
    expect(await list.read(signal)).to.deep.equal({ boxes: 9, added: 0, removed: 1, missing: 0 });
    expect(listening).not.to.include(19);
  });

  it('refuses a list that lacks too many boxes, and keeps it beside the good one', async () => {
    const list = await openList();
    await list.read(signal);
    listed = [10, 11];
    const failure = await failureOf(list.read(signal));
    expect(failure).to.contain(
      'it lacks 8 of the 10 known boxes (12, 13, 14, 15, 16, 17, 18, 19), more than 20 %',
    );
    expect(listening).to.have.length(10);
    expect((await store.known.read())?.boxes).to.have.length(10);
    expect((await store.refused.read())?.boxes.map(({ number }) => number)).to.deep.equal([10, 11]);
  });

  it('forgets a refused list when a good one comes', async () => {
    const list = await openList();
    await list.read(signal);
    const all = listed;
    listed = [];
    await failureOf(list.read(signal));
    listed = all;
    await list.read(signal);
    expect(await store.refused.read()).to.equal(undefined);
  });

  it('takes an accepted list while it is open, and says what went', async () => {
    const list = await openList();
    await list.read(signal);
    listed = [10, 11];
    await failureOf(list.read(signal));
    const refused = await store.refused.read();
    if (refused !== undefined) await store.accepted.write(refused);
    await listensTo(2);
    expect(listening).to.deep.equal([10, 11]);
    expect(await until(async () => (await store.accepted.read()) === undefined, WITHIN_MS)).to.equal(true);
    expect((await store.known.read())?.boxes).to.have.length(2);
    expect(await store.refused.read()).to.equal(undefined);
  });

  it('takes a list that was accepted while nobody ran when it opens', async () => {
    const before = await openList();
    await before.read(signal);
    listed = [10, 11];
    await failureOf(before.read(signal));
    await before.close();
    const refused = await store.refused.read();
    if (refused !== undefined) await store.accepted.write(refused);
    await openList();
    await listensTo(2);
  });

  it('leaves out an accepted list that is older than the one it has', async () => {
    const list = await openList();
    await list.read(signal);
    await store.accepted.write({ readAtMs: 999, boxes: [] });
    expect(await until(async () => (await store.accepted.read()) === undefined, WITHIN_MS)).to.equal(true);
    expect(listening).to.have.length(10);
    expect(lines.join()).to.contain('out of date');
  });

  it('starts without a stored list that cannot be read, and says where it is', async () => {
    await (await openList()).read(signal);
    await writeFile(store.known.path, '{"boxes":');
    const list = await openList();
    expect(lines.join()).to.contain('box-list.json.unreadable');
    expect(await list.read(signal)).to.deep.equal({ boxes: 10, added: 10, removed: 0, missing: 0 });
  });

  it('listens all the same where DATA_DIR cannot be written, and says so', async () => {
    await writeFile(join(directory, 'file'), '');
    store = new BoxListStore(join(directory, 'file', 'data'));
    await (await openList()).read(signal);
    expect(listening).to.have.length(10);
    expect(lines.join()).to.contain('the box list could not be kept').and.to.contain('Check that DATA_DIR');
  });

  it('leaves out ids that are none of a box, and names them', async () => {
    listed = [1, 1.5, 2];
    await (await openList()).read(signal);
    expect(listening).to.deep.equal([1, 2]);
    expect(lines.join()).to.contain('"ids":["Ebox_1.5"]');
  });
});
