import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { useWorld } from '../../test/fixture/world.ts';
import { EvidaError } from '../errors.ts';
import { projectFile } from '../project-file.ts';
import { defineFlux } from './flux.ts';
import { collectRows } from './query.ts';

const QUERY = '../test/fixture/flux/energy-drawn-by-day.flux';
const FUNCTIONS = ['energy-increases'];
const PARAMETERS = { bucket: 'string', from: 'time', to: 'time', timeZone: 'string' } as const;

function failureOf(work: () => unknown): EvidaError {
  try {
    work();
  } catch (error) {
    if (error instanceof EvidaError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('defineFlux', () => {
  const world = useWorld();

  it('gives the values to the query as escaped literals, after its imports', () => {
    const flux = defineFlux(
      QUERY,
      PARAMETERS,
      FUNCTIONS,
    )({ bucket: 'a"b${c}', from: 0, to: 1500, timeZone: 'UTC' });
    expect(flux).to.contain(
      [
        'bucket: "a\\"b\\${c}",',
        '  from: time(v: "1970-01-01T00:00:00.000Z"),',
        '  to: time(v: "1970-01-01T00:00:01.500Z"),',
      ].join('\n'),
    );
    expect(flux.indexOf('import ')).to.be.lessThan(flux.indexOf('params = '));
  });

  it('lays the functions that the query calls between its values and its statements', () => {
    const flux = defineFlux(QUERY, PARAMETERS, FUNCTIONS)({ bucket: 'b', from: 0, to: 1, timeZone: 'UTC' });
    const order = ['import ', 'params = ', 'energyIncreases = ', 'option location', 'energyIncreases()'];
    const places = order.map((text) => flux.indexOf(text));
    expect(places)
      .to.deep.equal(places.toSorted((a, b) => a - b))
      .and.not.to.include(-1);
  });

  it('refuses a file that calls other functions than declared, naming them', () => {
    const error = failureOf(() => defineFlux(QUERY, PARAMETERS));
    expect(error.code).to.equal('FLUX_FUNCTION');
    expect(error.message).to.contain('energy-increases');
  });

  it('lets no value out of its literal: InfluxDB looks for a bucket of exactly that name', async () => {
    const bucket = 'x") |> yield() //${1 + 1}\n\\';
    const query = world().queryFlux(
      defineFlux(QUERY, PARAMETERS, FUNCTIONS)({ bucket, from: 0, to: 1, timeZone: 'UTC' }),
      z.unknown(),
    );
    const error: unknown = await collectRows(query).then(String, (thrown) => thrown);
    expect(error).to.be.instanceOf(EvidaError).with.property('code', 'INFLUX_REFUSED');
    expect(String(error)).to.contain('could not find bucket').and.to.contain('yield() //${1 + 1}');
  });

  it('refuses a file whose parameters are not the declared ones, naming them', () => {
    const { bucket, from, to } = PARAMETERS;
    const error = failureOf(() => defineFlux(QUERY, { bucket, from, to, zone: 'string' }, FUNCTIONS));
    expect(error.code).to.equal('FLUX_PARAMETER');
    expect(error.message).to.contain('timeZone, zone');
  });

  it('refuses values that are not of their types', () => {
    const query = defineFlux(QUERY, PARAMETERS, FUNCTIONS);
    const good = { bucket: 'b', from: 0, to: 1, timeZone: 'UTC' };
    expect(failureOf(() => query({ ...good, from: Number.NaN })).message).to.contain(
      'from must be a time, not NaN',
    );
  });

  it('writes a regular expression as a literal, and refuses what Flux would read in another way', () => {
    const query = defineFlux('queries/last-photographs.flux', {
      bucket: 'string',
      from: 'time',
      to: 'time',
      boxes: 'regexp',
    });
    const span = { bucket: 'b', from: 0, to: 1 };
    expect(query({ ...span, boxes: /7$/ })).to.contain('  boxes: /7$/,\n');
    expect(failureOf(() => query({ ...span, boxes: /x/i })).message).to.contain('boxes must be a regexp');
  });

  it('gets its values as parameters only: no file of flux/ has placeholders', () => {
    for (const folder of ['functions', 'queries', 'tasks']) {
      for (const name of readdirSync(projectFile('flux', folder))) {
        expect(readFileSync(projectFile('flux', folder, name), 'utf8'), name).not.to.match(/\$\{/);
      }
    }
  });
});
