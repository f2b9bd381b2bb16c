import { messagesFor } from '../../messages/messages.ts';
import type { RunCallsDeps, Verdict } from '../../tools/run-calls.ts';
import { type Tool, toolDigest } from '../../tools/tool.ts';
import type { ToolCall } from '../../tools/tool-call.ts';
import type { ToolSet } from '../../tools/tools.ts';
import type { Approval, Decision } from '../approvals/approval.ts';
import { personId } from '../keys.ts';
import type { Turn } from './turn.ts';
import { type RefusedMessage, refusal } from './turn-result.ts';

/** The decision that a turn carries out, and the tool that it is about. */
export interface TurnDecision {
  readonly kind: 'decided';
  readonly approval: Approval;
  readonly decision: Decision;
  readonly tool: Tool;
}

/**
 * Returns the decision that the message is about; `undefined` for all other messages. Refuses a decision that cannot be
 * carried out: the approval is gone, or the tool is not the one that the user has seen.
 */
export async function findDecision({ tools }: ToolSet, turn: Turn): Promise<TurnDecision | RefusedMessage | undefined> {
  const { approvalStore } = turn.services;
  const { approvalId, locale } = turn.message;
  if (approvalId === undefined) return undefined;
  const texts = messagesFor(locale).approval;
  const approval = await turn.retryStore(() => approvalStore.find(approvalId), turn.signal);
  if (approval?.decision === undefined) return refusal('approvalGone', texts.gone);
  const tool = tools.get(approval.tool);
  const isSame = tool?.origin === approval.origin && toolDigest(tool) === approval.digest;
  if (!isSame) return refusal('approvalGone', texts.changed(approval.title));
  return { kind: 'decided', approval, decision: approval.decision, tool };
}

/** Claims the decided call for this turn, so that it runs once, and records who decided and how. */
export async function claimDecidedCall(
  { approval, decision, tool }: TurnDecision,
  call: ToolCall,
  record: RunCallsDeps['record'],
  turn: Turn,
): Promise<Verdict> {
  const { approvalStore } = turn.services;
  const isClaimed = await turn.retryStore(() => approvalStore.claim(approval.id, turn.job.id));
  if (!isClaimed) {
    // The decision may also have been taken back since the turn began, by `/stop` at another instance.
    const found = await turn.retryStore(() => approvalStore.find(approval.id));
    return found?.turnId === undefined ? 'denied' : 'doneBefore';
  }
  const decider = personId(decision.decider);
  turn.log.info({ tool: tool.name, decision: decision.kind, decider }, 'approval decided');
  await record(tool, call, decision.kind === 'deny' ? 'denied' : 'allowed');
  if (decision.kind === 'deny') return 'denied';
  if (decision.kind === 'allowAlways' && approval.isAlwaysOffered) {
    const { asked, origin, digest } = approval;
    const permission = { conversation: asked.key, person: asked.personKey, origin, tool: tool.name, digest };
    await turn.retryStore(() => approvalStore.allow(permission, approval.id));
  }
  return 'run';
}
