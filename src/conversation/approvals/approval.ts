import { type Tool, toolDigest } from '../../tools/tool.ts';
import type { UserMessage } from '../user-message.ts';

// A person's DecisionRequest is recorded as the Decision of an Approval; what became of it is a DecisionResult. A
// message with `approvalId` is queued; its turn has a TurnDecision and claims the call, which the model gets as a
// DecidedCall.

/** How long people have to decide. */
export const APPROVAL_MS = 24 * 3_600_000;

/** Limits the undecided approvals of one person in a conversation. The oldest are deleted first. */
export const MAX_WAITING_APPROVALS = 50;

/** What a user decides on an approval. `allowAlways`: this call, and later calls of the same tool. */
export type DecisionKind = 'allow' | 'allowAlways' | 'deny';

/** The message that a call was made for, without its content: who asked, and where the answer goes. */
export type AskedMessage = Omit<UserMessage, 'text' | 'attachments'>;

/** What a user gets to see of a call before it runs. */
export interface ApprovalRequest {
  /** Random. The buttons of its card return it. */
  readonly id: string;
  /** The tool's name for users, such as "Write a file". */
  readonly title: string;
  /** The tool's name for the model, which begins with its server's name. */
  readonly tool: string;
  /** The arguments as the model wrote them. */
  readonly argumentsText: string;
  /** False in groups, and for effects that cannot be undone. */
  readonly isAlwaysOffered: boolean;
}

/** A call that waits for its approval, or whose approval was decided. */
export interface Approval extends ApprovalRequest {
  readonly asked: AskedMessage;
  readonly origin: string;
  /** See `toolDigest`: a tool that has changed since is not run. */
  readonly digest: string;
  readonly expiresAtMs: number;
  readonly decision: Decision | undefined;
  /** The job of the turn that carries out the decision. No other turn may run the call. */
  readonly turnId: string | undefined;
}

export interface Decision {
  readonly kind: DecisionKind;
  /** The `personKey` of the person who decided. */
  readonly decider: string;
  /** The name that others see; `undefined` in a personal chat. */
  readonly deciderName: string | undefined;
  /** The activity that decided. Its turn carries out the decision. */
  readonly activityId: string;
}

/** A lasting permission. It ends when the tool's description, schema or server changes. */
export interface Permission {
  readonly conversation: string;
  readonly person: string;
  readonly origin: string;
  readonly tool: string;
  readonly digest: string;
}

/** Approvals for 24 hours, and lasting permissions. Calls reject with a StoreError if the store cannot be reached. */
export interface ApprovalStore {
  /** Resolves with false if it was added before. */
  add(approval: Approval): Promise<boolean>;
  /** Resolves with `undefined` for an unknown or expired approval. */
  find(id: string): Promise<Approval | undefined>;
  /**
   * Resolves with the approval that a decision in words is about: the one that the activity has decided, if it is
   * delivered again, else the newest undecided one in the conversation, of one person or of anybody.
   */
  findMeant(conversation: string, person: string | undefined, activityId: string): Promise<Approval | undefined>;
  /**
   * Decides if nobody has decided yet. Resolves with the approval and the decision that counts; `isMadeNow`: by this
   * call. `undefined` for an unknown or expired approval.
   */
  decide(
    id: string,
    decision: Decision,
  ): Promise<{ readonly approval: Approval; readonly isMadeNow: boolean } | undefined>;
  /** Claims the decided call for a turn. Resolves with false if another turn has it, or if there is no decision. */
  claim(id: string, turnId: string): Promise<boolean>;
  /** Takes a decision back unless a turn has claimed the call: people can decide again. */
  reopen(id: string): Promise<void>;
  /** Stores a permission, unless its approval is gone: the conversation may have been forgotten meanwhile. */
  allow(permission: Permission, approvalId: string): Promise<void>;
  /** Resolves with the permissions of a person in a conversation. */
  permissionsOf(conversation: string, person: string): Promise<readonly Permission[]>;
  /** Ends these permissions: the person is asked again. */
  revoke(conversation: string, person: string): Promise<void>;
}

/** Whether the person with these permissions has always allowed this version of a tool. */
export function isAlwaysAllowed(tool: Tool, permissions: readonly Permission[]): boolean {
  const { name, origin, isDestructive } = tool;
  const version = { tool: name, origin, digest: toolDigest(tool) };
  // A server may mark a tool as destructive later.
  return !isDestructive && permissions.some((each) => covers(each, version));
}

/** Whether a permission covers this version of a tool. */
export function covers(permission: Permission, tool: Pick<Permission, 'tool' | 'origin' | 'digest'>): boolean {
  return permission.tool === tool.tool && permission.origin === tool.origin && permission.digest === tool.digest;
}
