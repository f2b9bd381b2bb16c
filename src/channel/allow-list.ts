import type { VouchedIdentity } from './vouched-identity.ts';

export interface AllowList {
  /** Tenant ids; empty = all. */
  readonly tenants: readonly string[];
  /** User ids or Entra ID object ids; empty = all. */
  readonly users: readonly string[];
}

/**
 * Whether this sender may use the bot. Both lists hold where both are given; ids are compared as a whole. Where a list is
 * given and the channel vouches for nothing, the answer is no.
 */
export function isAllowed(sender: VouchedIdentity, { tenants, users }: AllowList): boolean {
  // An anonymous guest of a meeting writes in a conversation of the tenant, and belongs to none.
  const isMember = tenants.length === 0 || sender.aadObjectId !== undefined;
  const isUserAllowed = users.length === 0 || holds(users, sender.userId) || holds(users, sender.aadObjectId);
  return isMember && areTenantsAllowed(sender, tenants) && isUserAllowed;
}

/** Whether a conversation may be greeted: its tenant is let in, and its channel tells people apart if they are listed. */
export function isGreeted(sender: VouchedIdentity, { tenants, users }: AllowList): boolean {
  return areTenantsAllowed(sender, tenants) && (users.length === 0 || sender.userId !== undefined);
}

/** Of fields that disagree, each has to be listed. */
function areTenantsAllowed({ tenantIds }: VouchedIdentity, list: readonly string[]): boolean {
  return list.length === 0 || (tenantIds.length > 0 && tenantIds.every((id) => holds(list, id)));
}

function holds(list: readonly string[], id: string | undefined): boolean {
  return list.some((entry) => entry.toLowerCase() === id?.toLowerCase());
}
