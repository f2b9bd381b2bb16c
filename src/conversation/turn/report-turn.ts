import { BYTES_PER_SECOND } from '../../audio/pcm.ts';
import { errorOf, type Outcome } from '../../realtime/outcome.ts';
import { type CountedResult, codeOf } from '../../telemetry/turn-telemetry.ts';
import type { Turn } from './turn.ts';
import type { TurnResult } from './turn-result.ts';

/** How a turn is counted, and its line in the log. */
interface Report {
  /** Also in the log, as `result`. */
  readonly counted: CountedResult;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields?: object;
}

/** Logs and counts how a turn ended: once, and here alone. */
export function reportTurn(result: TurnResult, turn: Turn): void {
  const { modelResult, telemetry, log, incident } = turn;
  const { counted, level, text, fields } = reportOf(result, turn);
  const audioBytes = audioBytesOf(modelResult?.outcome);
  const error = 'error' in result ? codeOf(result.error) : modelResult && errorOf(modelResult.outcome)?.code;
  const errorCode = result.kind === 'deadLettered' ? 'dead_lettered' : error;
  telemetry.end({ result: counted, errorCode, usage: modelResult?.usage, audioSeconds: audioBytes / BYTES_PER_SECOND });
  const line = {
    result: counted,
    ms: turn.elapsedMs(),
    ...(modelResult && { response: modelResult.responseId }),
    ...(audioBytes > 0 && { audioBytes }),
    ...('error' in result && { err: result.error }),
    ...(level === 'error' && { incident }),
    ...fields,
  };
  log[level](line, text);
}

/** The reports of the ends that need no more than their kind. */
const REPORTS: Readonly<Record<Exclude<TurnResult['kind'], 'answered' | 'refused'>, Report>> = {
  unsent: { counted: 'unsent', level: 'error', text: 'reply not sent' },
  gone: { counted: 'gone', level: 'error', text: 'reply not sent' },
  failed: { counted: 'failed', level: 'error', text: 'turn failed' },
  deadLettered: { counted: 'failed', level: 'error', text: 'message dead-lettered: every attempt crashed' },
  cancelled: { counted: 'stopped', level: 'info', text: 'turn ended' },
  resent: { counted: 'resent', level: 'info', text: 'turn ended' },
  answeredBefore: { counted: 'answeredBefore', level: 'info', text: 'turn ended' },
  released: { counted: 'released', level: 'warn', text: 'turn released' },
  superseded: { counted: 'superseded', level: 'warn', text: 'turn superseded' },
};

function reportOf(result: TurnResult, turn: Turn): Report {
  if (result.kind === 'answered') return answered(result.modelResult.outcome);
  return result.kind === 'refused' ? refused(result, turn) : REPORTS[result.kind];
}

function refused({ reason, over }: Extract<TurnResult, { kind: 'refused' }>, { message }: Turn): Report {
  if (over !== undefined) {
    const [neededUsd, leftUsd] = [over.neededUsd, over.leftUsd].map((usd) => Number(usd.toFixed(4)));
    const fields = { budget: over.budget, neededUsd, leftUsd };
    return { counted: 'refused', level: 'warn', text: 'message refused: over budget', fields };
  }
  if (reason === 'notAllowed') {
    // For the list of those who may. Where the channel verifies nobody, the key is that of the conversation.
    const fields = message.personKey === message.key ? {} : { person: message.personKey };
    const text = 'message refused: not in ALLOWED_USERS or ALLOWED_TENANTS';
    return { counted: 'refused', level: 'info', text, fields };
  }
  const counted = reason === 'unreadable' ? reason : 'refused';
  return { counted, level: 'info', text: 'message refused', fields: { reason } };
}

function answered(outcome: Outcome): Report {
  const { kind: counted } = outcome;
  const text = 'turn ended';
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'needsApproval':
      return { counted, level: 'info', text };
    case 'cutShort':
      return { counted, level: 'warn', text, fields: { why: outcome.why, err: outcome.error } };
    case 'failed':
      return { counted, level: 'error', text, fields: { code: outcome.error.code, err: outcome.error } };
  }
}

function audioBytesOf(outcome: Outcome | undefined): number {
  return outcome !== undefined && 'pcm' in outcome ? outcome.pcm.byteLength : 0;
}
