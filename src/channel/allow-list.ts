import type { Activity } from 'botbuilder';

export interface AllowList {
  /** Tenant ids; empty = all. */
  readonly tenants: readonly string[];
  /** User ids or Entra ID object ids; empty = all. */
  readonly users: readonly string[];
}

/** Whether this activity's sender may use the bot. Both lists hold where both are given; ids are compared as a whole. */
export function isAllowed(activity: Activity, { tenants, users }: AllowList): boolean {
  const isTenantAllowed = tenants.length === 0 || holds(tenants, [tenantOf(activity)]);
  const isUserAllowed = users.length === 0 || holds(users, [activity.from.id, activity.from.aadObjectId]);
  return isTenantAllowed && isUserAllowed;
}

function tenantOf({ conversation, channelData }: Activity): unknown {
  return conversation.tenantId ?? channelData?.tenant?.id;
}

/** The ids come from the wire: they may be anything. */
function holds(list: readonly string[], ids: readonly unknown[]): boolean {
  const lower = ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase());
  return list.some((entry) => lower.includes(entry.toLowerCase()));
}
