import type { RunCallsDeps } from '../../tools/run-calls.ts';
import { type Tool, toolDigest } from '../../tools/tool.ts';
import type { ToolCall } from '../../tools/tool-call.ts';
import {
  APPROVAL_MS,
  type ApprovalRequest,
  type AskedMessage,
  isAlwaysAllowed,
  type Permission,
} from '../approvals/approval.ts';
import type { Services } from '../services.ts';
import type { UserMessage } from '../user-message.ts';
import type { Turn } from './turn.ts';

/** Decides which calls of a turn need an approval, and stores those. */
export interface TurnApprovals {
  judge(tool: Tool, call: ToolCall): Promise<'run' | 'ask'>;
  /** The approvals that this turn asks for, in the order of the calls. */
  readonly requested: readonly ApprovalRequest[];
}

/** `record` writes the audit. */
export function turnApprovals(
  turn: Turn,
  record: RunCallsDeps['record'],
  { approvals, ids, clock }: Services,
): TurnApprovals {
  const { message } = turn;
  const requested: ApprovalRequest[] = [];
  let permissions: Promise<readonly Permission[]> | undefined;
  const isPermitted = async (tool: Tool) => {
    permissions ??= turn.retryStore(() => approvals.permissionsOf(message.key, message.personKey));
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
      const request: ApprovalRequest = {
        id: ids.secret(),
        title: tool.title,
        tool: tool.name,
        argumentsText: call.argumentsText,
        // Others in a group would speak with the permission of one of them.
        isAlwaysOffered: message.scope === 'personal' && !tool.isDestructive,
      };
      const approval = {
        ...request,
        asked: askedMessage(message),
        origin: tool.origin,
        digest: toolDigest(tool),
        expiresAtMs: clock.now() + APPROVAL_MS,
        decision: undefined,
        turnId: undefined,
      };
      await turn.retryStore(() => approvals.add(approval));
      await record(tool, call, 'asked');
      requested.push(request);
      return 'ask';
    },
  };
}

/** The message without its content, which stays out of the store. */
function askedMessage(message: UserMessage): AskedMessage {
  const { text: _, attachments: __, isInBand: ___, approvalId: ____, isDecisionShown: _____, ...asked } = message;
  return asked;
}
