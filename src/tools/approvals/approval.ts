/** How long people have to decide. */
export const APPROVAL_MS = 24 * 3_600_000;

/** `always`: this call, and each later one of the same permission. */
export type Choice = 'once' | 'always' | 'deny';

export interface Decision {
  readonly choice: Choice;
  /** See `personKey` of a message. */
  readonly decider: string;
  /** As the channel says; shown to others. */
  readonly deciderName: string | undefined;
  /** The turn that carries the decision out: it alone may run the call. */
  readonly turnId: string;
}

/** What a lasting permission is bound to: another description or schema of the tool is another tool. */
export interface Permission {
  readonly asker: string;
  readonly conversation: string;
  readonly origin: string;
  readonly tool: string;
  readonly digest: string;
}

/** A call that waits for its user, or that was decided upon. */
export interface Approval extends Permission {
  /** Random: whoever presses a button passes it on. */
  readonly id: string;
  readonly title: string;
  /** As the model wrote them. */
  readonly argumentsText: string;
  /** Not in groups, nor for what cannot be undone. */
  readonly isAlwaysOffered: boolean;
  readonly expiresAtMs: number;
  readonly decision: Decision | undefined;
}

/** Approvals, for 24 hours, and lasting permissions. All calls reject with a StoreError when the store cannot be reached. */
export interface ApprovalStore {
  add(approval: Approval): Promise<void>;
  /** `undefined` where it has expired, too. */
  find(id: string): Promise<Approval | undefined>;
  /** The newest that waits for this person in a conversation. */
  findWaiting(conversation: string, asker: string): Promise<Approval | undefined>;
  /**
   * Decides, unless that was done before; the same turn may decide once more. Gives what holds from now on, `undefined`
   * where it has expired.
   */
  decide(id: string, decision: Decision): Promise<Approval | undefined>;
  allow(permission: Permission): Promise<void>;
  isAllowed(permission: Permission): Promise<boolean>;
  /** Deletes the approvals and permissions of a conversation. */
  forget(conversation: string): Promise<void>;
}

/** What a permission is told apart by. */
export function permissionKey({ asker, conversation, origin, tool, digest }: Permission): string {
  return JSON.stringify([conversation, asker, origin, tool, digest]);
}
