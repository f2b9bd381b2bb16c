import { paragraphs } from '../../paragraphs.ts';
import type { AuditEntry, AuditEvent } from '../../tools/audit.ts';
import { earlierEnd, type RunCallsDeps, type Verdict } from '../../tools/run-calls.ts';
import { type Tool, toolDigest } from '../../tools/tool.ts';
import { argumentsHash, type ToolCall } from '../../tools/tool-call.ts';
import type { ToolSet } from '../../tools/tools.ts';
import { APPROVAL_MS, type Approval, type Decision, isAlwaysAllowed, type Permission } from '../approvals/approval.ts';
import { keyDigest } from '../keys.ts';
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
 * carried out: the approval is gone, its server has not listed its tools yet, or the tool is not the one that the user
 * has seen.
 */
export async function findDecision(set: ToolSet, turn: Turn): Promise<TurnDecision | RefusedMessage | undefined> {
  const { approvalStore, tools } = turn.services;
  const { approvalId } = turn.message;
  if (approvalId === undefined) return undefined;
  const { messages } = turn;
  const approval = await turn.retryStore(() => approvalStore.find(approvalId), turn.signal);
  if (approval?.decision === undefined) return refusal('approvalGone', messages.approval.gone);
  const tool = set.tools.get(approval.tool);
  const isSame = tool?.origin === approval.origin && toolDigest(tool) === approval.digest;
  if (isSame) return { kind: 'decided', approval, decision: approval.decision, tool };
  const server = tool === undefined ? tools.unlistedServer(approval.origin) : undefined;
  if (server !== undefined)
    return refusal('toolUnlisted', paragraphs(messages.tools.notReachable(server), await stateOfCall(approval, turn)));
  const isBegun = (await endInEarlierAttempt(approval, turn)) !== undefined;
  return refusal(
    'approvalGone',
    isBegun ? await stateOfCall(approval, turn) : messages.approval.changed(approval.title),
  );
}

/** Says what has become of a decided call that this attempt does not carry out. */
export async function stateOfCall(approval: Approval, turn: Turn): Promise<string> {
  const { approval: texts } = turn.messages;
  const { title, turnId } = approval;
  switch (await endInEarlierAttempt(approval, turn)) {
    case 'doneBefore':
      return texts.done(title);
    case 'unknown':
      return texts.doneUnknown(title);
    case undefined:
      // A call that a turn has claimed cannot be decided again.
      return turnId === undefined ? texts.stillWaits(title) : texts.notDone(title);
  }
}

/**
 * How an earlier attempt at the turn ended the decided call; `undefined` if it did not begin it, or the call failed.
 */
async function endInEarlierAttempt(approval: Approval, turn: Turn) {
  const { job, services } = turn;
  if (approval.turnId !== job.id) return undefined;
  return earlierEnd(await turn.retryStore(() => services.audit.ofTurn(job.id)), { name: approval.tool }, approval);
}

/** Claims the decided call for this turn, so that it runs once, and records who decided and how. */
export async function claimDecidedCall(
  { approval, decision, tool }: TurnDecision,
  call: ToolCall,
  appendAudit: RunCallsDeps['appendAudit'],
  turn: Turn,
): Promise<Verdict> {
  const { approvalStore } = turn.services;
  const isClaimed = await turn.retryStore(() => approvalStore.claim(approval.id, turn.job.id));
  if (!isClaimed) {
    // The decision may also have been taken back since the turn began, by `/stop` at another instance.
    const found = await turn.retryStore(() => approvalStore.find(approval.id));
    return found?.turnId === undefined ? 'denied' : 'doneBefore';
  }
  const decider = keyDigest(decision.decider);
  turn.log.info({ tool: tool.name, decision: decision.kind, decider }, 'approval decided');
  // What another release has stored may be neither: then nothing runs.
  const isAllowed = decision.kind === 'allow' || decision.kind === 'allowAlways';
  await appendAudit(tool, call, isAllowed ? 'allowed' : 'denied');
  if (!isAllowed) return 'denied';
  if (decision.kind === 'allowAlways' && approval.isAlwaysOffered) {
    const { asked, origin, digest } = approval;
    const permission = { conversation: asked.key, person: asked.personKey, origin, tool: tool.name, digest };
    await turn.retryStore(() => approvalStore.allow(permission, approval.id));
  }
  return 'run';
}

/**
 * Creates the approval policy of a turn. It appends the approvals to request to `requested`, in the order of the calls.
 */
export function approvalPolicy(turn: Turn, requested: Approval[]): RunCallsDeps['judge'] {
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
    const hash = argumentsHash({ argumentsText });
    if (requested.some((each) => each.tool === name && argumentsHash(each) === hash)) return 'waiting';
    requested.push({
      id: ids.secret(),
      title: tool.title,
      tool: tool.name,
      argumentsText,
      // In a group, a permission would apply to everybody.
      isAlwaysOffered: message.scope === 'personal' && !tool.isDestructive,
      asked,
      origin: tool.origin,
      digest: toolDigest(tool),
      expiresAtMs: clock.now() + APPROVAL_MS,
      decision: undefined,
      turnId: undefined,
    });
    return 'waiting';
  };
}

/**
 * Stores the approvals that a reply asks for. It is called right before the reply is sent, so that nobody can allow a
 * call that was not shown.
 */
export async function storeApprovals(requested: readonly Approval[], turn: Turn): Promise<void> {
  const { approvalStore, audit } = turn.services;
  for (const approval of requested) {
    const isNew = await turn.retryStoreEvenIfAborted(() => approvalStore.add(approval));
    if (!isNew) continue;
    const entry = auditEntry(turn, { name: approval.tool, origin: approval.origin }, approval, 'asked', undefined);
    await turn.retryStoreEvenIfAborted(() => audit.append(entry));
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
