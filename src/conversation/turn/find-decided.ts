import { messagesFor } from '../../messages/messages.ts';
import { type Tool, toolDigest } from '../../tools/tool.ts';
import type { ToolSet } from '../../tools/tools.ts';
import type { Approval, ApprovalDecision } from '../approvals/approval.ts';
import type { Services } from '../services.ts';
import type { Turn } from './turn.ts';
import type { RefusedMessage } from './turn-result.ts';

/** An approval that was decided, and the tool that it is about. */
export interface DecidedApproval {
  readonly kind: 'decided';
  readonly approval: Approval;
  readonly decision: ApprovalDecision;
  readonly tool: Tool;
}

/**
 * Returns the approval that the message decides about; `undefined` for all other messages. Refuses a decision that cannot be
 * carried out: the approval is gone, or the tool is not the one that the user has seen.
 */
export async function findDecided(
  { tools }: ToolSet,
  turn: Turn,
  { approvals }: Services,
): Promise<DecidedApproval | RefusedMessage | undefined> {
  const { approvalId, locale } = turn.message;
  if (approvalId === undefined) return undefined;
  const texts = messagesFor(locale).approval;
  const approval = await turn.retryStore(() => approvals.find(approvalId), turn.signal);
  if (approval?.decision === undefined) return { kind: 'refused', reason: 'approvalGone', text: texts.gone };
  const tool = tools.get(approval.tool);
  const isSame = tool?.origin === approval.origin && toolDigest(tool) === approval.digest;
  if (!isSame) return { kind: 'refused', reason: 'approvalGone', text: texts.changed(approval.title) };
  return { kind: 'decided', approval, decision: approval.decision, tool };
}
