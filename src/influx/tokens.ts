import type { InfluxDB } from '@influxdata/influxdb-client';
import { type Authorization, AuthorizationsAPI, type Permission } from '@influxdata/influxdb-client-apis';
import { EvidaError } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { findBucket, orgId } from './buckets.ts';
import { asInfluxError } from './influx-error.ts';

/** A token for the two buckets and nothing else. */
export interface TokenWanted {
  readonly org: string;
  readonly buckets: readonly string[];
  /** The writer reads too: analysis and backup look at what was written. */
  readonly kind: 'writer' | 'reader';
  /** Whether its secret is still at hand: InfluxDB shows it only once. */
  readonly isKnown: boolean;
  /** Keeps the secret of a token that was made. */
  readonly keep: (secret: string) => Promise<void>;
}

/** What is to be done so that there is exactly one such token, whose secret is known. @throws EvidaError */
export async function planToken(influx: InfluxDB, wanted: TokenWanted): Promise<PlannedChange> {
  const { kind, buckets, isKnown } = wanted;
  const description = `evida ${kind}: ${buckets.join(', ')}`;
  const what = `InfluxDB token, ${kind} of ${buckets.join(' and ')}`;
  try {
    const existing = await findTokens(influx, description);
    if (existing.length === 1 && isKnown) return kept(what);
    const replaced =
      existing.length === 0 ? '' : isKnown ? ' (there were several)' : ' (its secret was not at hand)';
    return {
      action: existing.length === 0 ? 'create' : 'update',
      what: `${what}${replaced}`,
      apply: () => replace(influx, wanted, description, existing),
    };
  } catch (error) {
    throw asInfluxError(error, `looking for the ${what}`);
  }
}

async function findTokens(influx: InfluxDB, description: string): Promise<Authorization[]> {
  const { authorizations } = await new AuthorizationsAPI(influx).getAuthorizations({});
  return (authorizations ?? []).filter((authorization) => authorization.description === description);
}

/** The new token is kept before the old ones go, so that there is always one that works. */
async function replace(
  influx: InfluxDB,
  { org, buckets, kind, keep }: TokenWanted,
  description: string,
  old: readonly Authorization[],
): Promise<void> {
  const operation = `making a token for ${description}`;
  try {
    const api = new AuthorizationsAPI(influx);
    const orgID = await orgId(influx, org);
    const permissions: Permission[] = [];
    for (const name of buckets) {
      const id = (await findBucket(influx, org, name))?.id;
      if (id === undefined)
        throw new EvidaError('INFLUX_REFUSED', { operation, problem: `there is no bucket ${name}` });
      const resource = { type: 'buckets' as const, id, orgID };
      permissions.push({ action: 'read', resource });
      if (kind === 'writer') permissions.push({ action: 'write', resource });
    }
    const { token } = await api.postAuthorizations({ body: { orgID, description, permissions } });
    if (!token)
      throw new EvidaError('INFLUX_REFUSED', { operation, problem: 'InfluxDB did not show its secret' });
    await keep(token);
    for (const { id } of old) if (id !== undefined) await api.deleteAuthorizationsID({ authID: id });
  } catch (error) {
    throw asInfluxError(error, operation);
  }
}
