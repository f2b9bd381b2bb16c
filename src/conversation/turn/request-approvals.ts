import type { AuditEntry, AuditEvent } from '../../tools/audit.ts';
import { type Tool, toolDigest } from '../../tools/tool.ts';
import { argumentsHash, type ToolCall } from '../../tools/tool-call.ts';
import { APPROVAL_MS, type Approval, isAlwaysAllowed, type Permission } from '../approvals/approval.ts';
import type { Turn } from './turn.ts';

/**
 * Returns what decides which calls of a turn need an approval. It adds the approvals that the turn has to ask for to
 * `requested`, in the order of the calls.
 */
export function approvalJudge(
  turn: Turn,
  requested: Approval[],
): (tool: Tool, call: ToolCall) => Promise<'run' | 'ask'> {
  const { message, services } = turn;
  const { approvalStore, ids, clock } = services;
  // The content of the message stays out of the store.
  const { text: _, attachments: __, ...asked } = message;
  let permissions: Promise<readonly Permission[]> | undefined;
  return async (tool, { name, argumentsText }) => {
    if (tool.approval === 'never') return 'run';
    permissions ??= turn.retryStore(() => approvalStore.permissionsOf(message.key, message.personKey));
    if (isAlwaysAllowed(tool, await permissions)) return 'run';
    // The model may repeat a call that waits.
    if (requested.some((each) => each.tool === name && each.argumentsText === argumentsText)) return 'ask';
    requested.push({
      id: ids.secret(),
      title: tool.title,
      tool: tool.name,
      argumentsText,
      // Others in a group would speak with the permission of one of them.
      isAlwaysOffered: message.scope === 'personal' && !tool.isDestructive,
      asked,
      origin: tool.origin,
      digest: toolDigest(tool),
      expiresAtMs: clock.now() + APPROVAL_MS,
      decision: undefined,
      turnId: undefined,
    });
    return 'ask';
  };
}

/**
 * Stores the approvals that a reply asks for. It is called right before the reply is sent, so that nobody can allow a call
 * that was not shown.
 */
export async function storeApprovals(requested: readonly Approval[], turn: Turn): Promise<void> {
  const { approvalStore, audit } = turn.services;
  for (const approval of requested) {
    const isNew = await turn.retryStoreAtEnd(() => approvalStore.add(approval));
    if (!isNew) continue;
    const entry = auditEntry(turn, { name: approval.tool, origin: approval.origin }, approval, 'asked', undefined);
    await turn.retryStoreAtEnd(() => audit.append(entry));
  }
}

/** An entry of the audit about a call of the turn. `decider`: the person who decided about it, if anybody. */
export function auditEntry(
  { job, message, services }: Turn,
  { name: tool, origin }: Pick<Tool, 'name' | 'origin'>,
  call: Pick<ToolCall, 'argumentsText'>,
  event: AuditEvent,
  decider: string | undefined,
): AuditEntry {
  return {
    atMs: services.clock.now(),
    event,
    turnId: job.id,
    conversation: message.key,
    asker: message.personKey,
    decider,
    tool,
    origin,
    argumentsHash: argumentsHash(call),
  };
}
