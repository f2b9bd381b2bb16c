import type { VerifiedIdentity } from './verified-identity.ts';

export interface AllowList {
  /** Tenant ids; an empty list allows all tenants. */
  readonly tenants: readonly string[];
  /** User ids or Entra ID object ids; an empty list allows all users. */
  readonly users: readonly string[];
}

/**
 * Whether this sender may use the bot. If both lists are given, both hold. Where the channel verifies nothing, a list
 * admits nobody.
 */
export function isAllowed(sender: VerifiedIdentity, { tenants, users }: AllowList): boolean {
  // An anonymous guest of a meeting writes in a conversation of the tenant without being a member of one.
  const isMember = tenants.length === 0 || sender.aadObjectId !== undefined;
  const isUserAllowed = users.length === 0 || holds(users, sender.userId) || holds(users, sender.aadObjectId);
  return isMember && areTenantsAllowed(sender, tenants) && isUserAllowed;
}

/** Whether the bot greets a conversation: its tenant is allowed, and its channel verifies users if users are listed. */
export function isGreeted(sender: VerifiedIdentity, { tenants, users }: AllowList): boolean {
  return areTenantsAllowed(sender, tenants) && (users.length === 0 || sender.userId !== undefined);
}

/** If the fields of an activity name different tenants, every one of them has to be listed. */
function areTenantsAllowed({ tenantIds }: VerifiedIdentity, list: readonly string[]): boolean {
  return list.length === 0 || (tenantIds.length > 0 && tenantIds.every((id) => holds(list, id)));
}

function holds(list: readonly string[], id: string | undefined): boolean {
  return list.some((entry) => entry.toLowerCase() === id?.toLowerCase());
}
