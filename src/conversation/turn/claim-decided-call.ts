import type { RunCallsDeps, Verdict } from '../../tools/run-calls.ts';
import type { ToolCall } from '../../tools/tool-call.ts';
import { personId } from '../keys.ts';
import type { Services } from '../services.ts';
import type { DecidedApproval } from './find-decided.ts';
import type { Turn } from './turn.ts';

/** Claims the decided call for this turn, so that it runs once, and records who decided and how. */
export async function claimDecidedCall(
  { approval, decision, tool }: DecidedApproval,
  call: ToolCall,
  record: RunCallsDeps['record'],
  turn: Turn,
  services: Services,
): Promise<Verdict> {
  const { approvals } = services;
  const isClaimed = await turn.retryStore(() => approvals.claim(approval.id, turn.job.id));
  if (!isClaimed) return verdictWithoutClaim(approval.id, turn, services);
  const decider = personId(decision.decider);
  turn.log.info({ tool: tool.name, choice: decision.choice, decider }, 'approval decided');
  await record(tool, call, decision.choice === 'deny' ? 'denied' : 'allowed');
  if (decision.choice === 'deny') return 'denied';
  if (decision.choice === 'always' && approval.isAlwaysOffered) {
    const { asked, origin, digest } = approval;
    const permission = { conversation: asked.key, person: asked.personKey, origin, tool: tool.name, digest };
    await turn.retryStore(() => approvals.allow(permission, approval.id));
  }
  return 'run';
}

/** The decision may also have been taken back since the turn began, by `/stop` at another instance. */
async function verdictWithoutClaim(id: string, turn: Turn, { approvals }: Services): Promise<Verdict> {
  const found = await turn.retryStore(() => approvals.find(id));
  return found?.turnId === undefined ? 'denied' : 'doneBefore';
}
