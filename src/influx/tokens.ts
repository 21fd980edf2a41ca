import type { InfluxDB } from '@influxdata/influxdb-client';
import { type Authorization, AuthorizationsAPI, type Permission } from '@influxdata/influxdb-client-apis';
import { EvidaError } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { findBucket, orgId } from './buckets.ts';
import { toldByInflux } from './influx-error.ts';

/** A token for some buckets and nothing else. */
export interface TokenWanted {
  readonly org: string;
  readonly buckets: readonly string[];
  /** Those that it is known by: what it may do besides may change from version to version. */
  readonly knownBy: readonly string[];
  /** The writer reads too: analysis and backup look at what was written. */
  readonly kind: 'writer' | 'reader';
  /** Whether its secret is still at hand: InfluxDB shows it only once. */
  readonly isKnown: boolean;
  /** Keeps the secret of a token that was made. */
  readonly keep: (secret: string) => Promise<void>;
}

/** What is to be done so that there is exactly one such token in the org, with just these rights, whose secret is known. */
export function planToken(influx: InfluxDB, wanted: TokenWanted): Promise<PlannedChange> {
  const { kind, org, buckets, knownBy, isKnown } = wanted;
  const description = `evida ${kind}: ${knownBy.join(', ')}`;
  const what = `InfluxDB token, ${kind} of ${buckets.join(', ')}`;
  return toldByInflux(`looking for the ${what}`, async () => {
    const existing = await findTokens(influx, await orgId(influx, org), description);
    const apply = () => replace(influx, wanted, description);
    if (existing.length === 0) return { action: 'create', what, apply };
    const reason = await reasonToReplace(influx, wanted, existing);
    if (reason === undefined && isKnown) return kept(what);
    return { action: 'update', what: `${what} (${reason ?? 'its secret was not at hand'})`, apply };
  });
}

/** Those of this org alone: another's may have buckets, and so descriptions, of the same names. */
async function findTokens(influx: InfluxDB, orgID: string, description: string): Promise<Authorization[]> {
  const { authorizations } = await new AuthorizationsAPI(influx).getAuthorizations({ orgID });
  return (authorizations ?? []).filter((token) => token.orgID === orgID && token.description === description);
}

async function reasonToReplace(
  influx: InfluxDB,
  wanted: TokenWanted,
  existing: readonly Authorization[],
): Promise<string | undefined> {
  const [token, ...others] = existing;
  if (others.length > 0) return 'there were several';
  if (token?.status !== 'active') return 'it was switched off';
  const rights = (permissions: readonly Permission[]) =>
    permissions
      .map(({ action, resource: { type, id } }) => `${action} ${type} ${id}`)
      .sort()
      .join();
  const present = rights(token.permissions ?? []);
  return present === rights(await permissionsOf(influx, wanted)) ? undefined : 'it had other rights';
}

/** Empty for buckets that do not exist yet. */
async function permissionsOf(influx: InfluxDB, { org, buckets, kind }: TokenWanted): Promise<Permission[]> {
  const orgID = await orgId(influx, org);
  const permissions: Permission[] = [];
  for (const name of buckets) {
    const id = (await findBucket(influx, org, name))?.id;
    if (id === undefined) continue;
    const resource = { type: 'buckets' as const, id, orgID };
    permissions.push({ action: 'read', resource });
    if (kind === 'writer') permissions.push({ action: 'write', resource });
  }
  return permissions;
}

/** The new token is kept before the old ones go, so that there is always one that works. */
function replace(influx: InfluxDB, wanted: TokenWanted, description: string): Promise<void> {
  const operation = `making a token for ${description}`;
  return toldByInflux(operation, async () => {
    const api = new AuthorizationsAPI(influx);
    const orgID = await orgId(influx, wanted.org);
    const old = await findTokens(influx, orgID, description);
    const permissions = await permissionsOf(influx, wanted);
    if (permissions.length === 0)
      throw new EvidaError('INFLUX_REFUSED', { operation, problem: 'there are no buckets' });
    const { token } = await api.postAuthorizations({ body: { orgID, description, permissions } });
    if (!token)
      throw new EvidaError('INFLUX_REFUSED', { operation, problem: 'InfluxDB did not show its secret' });
    await wanted.keep(token);
    for (const { id } of old) if (id !== undefined) await api.deleteAuthorizationsID({ authID: id });
  });
}
