import { type Tool, toolDigest } from '../../tools/tool.ts';
import { argumentsHash, type ToolCall } from '../../tools/tool-call.ts';
import { APPROVAL_MS, type Approval, isAlwaysAllowed, type Permission } from '../approvals/approval.ts';
import type { Services } from '../services.ts';
import type { Turn } from './turn.ts';

/** Decides which calls of a turn need an approval. */
export interface TurnApprovals {
  judge(tool: Tool, call: ToolCall): Promise<'run' | 'ask'>;
  /** The approvals that this turn asks for, in the order of the calls. */
  readonly requested: readonly Approval[];
}

export function turnApprovals(turn: Turn, { approvalStore, ids, clock }: Services): TurnApprovals {
  const { message } = turn;
  // The content of the message stays out of the store.
  const { text: _, attachments: __, ...asked } = message;
  const requested: Approval[] = [];
  let permissions: Promise<readonly Permission[]> | undefined;
  const isPermitted = async (tool: Tool) => {
    permissions ??= turn.retryStore(() => approvalStore.permissionsOf(message.key, message.personKey));
    return isAlwaysAllowed(tool, await permissions);
  };
  /** The model may repeat a call that waits. */
  const isRequested = ({ name, argumentsText }: ToolCall) =>
    requested.some((each) => each.tool === name && each.argumentsText === argumentsText);
  return {
    requested,
    async judge(tool, call) {
      if (tool.approval === 'never') return 'run';
      if (await isPermitted(tool)) return 'run';
      if (isRequested(call)) return 'ask';
      requested.push({
        id: ids.secret(),
        title: tool.title,
        tool: tool.name,
        argumentsText: call.argumentsText,
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
    },
  };
}

/**
 * Stores the approvals that a reply asks for. It is called right before the reply is sent, so that nobody can allow a call
 * that was not shown.
 */
export async function storeApprovals(requested: readonly Approval[], turn: Turn, services: Services): Promise<void> {
  const { approvalStore, audit, clock } = services;
  for (const approval of requested) {
    const { asked, tool, origin } = approval;
    const isNew = await turn.retryStoreAtEnd(() => approvalStore.add(approval));
    if (!isNew) continue;
    const entry = {
      atMs: clock.now(),
      event: 'asked' as const,
      turnId: turn.job.id,
      conversation: asked.key,
      asker: asked.personKey,
      decider: undefined,
      tool,
      origin,
      argumentsHash: argumentsHash(approval),
    };
    await turn.retryStoreAtEnd(() => audit.append(entry));
  }
}
