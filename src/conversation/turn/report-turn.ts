import { BYTES_PER_SECOND } from '../../audio/pcm.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import { errorOf } from '../../realtime/outcome.ts';
import { type CountedEnd, codeOf } from '../../telemetry/turn-telemetry.ts';
import type { UserMessage } from '../user-message.ts';
import type { TurnContext } from './turn-context.ts';
import type { TurnResult } from './turn-result.ts';

/** Logs and counts how a turn ended: once, and here alone. */
export function reportTurn(result: TurnResult, turn: TurnContext): void {
  const { model } = turn;
  const audioBytes = audioBytesOf(model);
  const error = 'error' in result ? codeOf(result.error) : model && errorOf(model.outcome)?.code;
  turn.telemetry.end({
    end: countedEnd(result),
    errorCode: result.kind === 'deadLettered' ? 'dead_lettered' : error,
    usage: model?.usage,
    audioSeconds: audioBytes / BYTES_PER_SECOND,
  });
  const ofModel = model && { outcome: model.outcome.kind, response: model.responseId };
  logResult(result, { ms: turn.elapsedMs(), ...ofModel, ...(audioBytes > 0 ? { audioBytes } : {}) }, turn);
}

function countedEnd(result: TurnResult): CountedEnd {
  switch (result.kind) {
    case 'answered':
      return result.model.outcome.kind;
    case 'refused':
      return result.reason === 'unreadable' ? 'unreadable' : 'refused';
    case 'broken':
    case 'deadLettered':
      return 'failed';
    case 'cancelled':
      return 'withdrawn';
    case 'resent':
    case 'answeredBefore':
    case 'unsent':
    case 'gone':
    case 'released':
    case 'superseded':
      return result.kind;
  }
}

function logResult(result: TurnResult, fields: object, { log, incident, message }: TurnContext): void {
  switch (result.kind) {
    case 'answered':
      logAnswer(result.model, fields, log, incident);
      break;
    case 'refused':
      logRefusal(result, message, log);
      break;
    case 'unsent':
    case 'gone':
      log.error({ ...fields, err: result.error, incident }, 'reply not sent');
      break;
    case 'broken':
      log.error({ ...fields, err: result.error, incident }, 'turn broke');
      break;
    case 'deadLettered':
      log.error({ incident }, 'message given up: its attempts ended their process');
      break;
    case 'resent':
    case 'answeredBefore':
    case 'cancelled':
      log.info({ ...fields, result: result.kind }, 'turn ended');
      break;
    case 'released':
    case 'superseded':
      log.warn({ ...fields, result: result.kind }, 'turn left to another attempt');
      break;
  }
}

function logRefusal(
  { reason, over }: Extract<TurnResult, { kind: 'refused' }>,
  message: UserMessage,
  log: TurnContext['log'],
): void {
  const rounded = (usd: number) => Number(usd.toFixed(4));
  if (over !== undefined) {
    const amounts = { neededUsd: rounded(over.neededUsd), leftUsd: rounded(over.leftUsd) };
    log.warn({ budget: over.budget, ...amounts }, 'message refused: over budget');
  } else if (reason === 'notAllowed') {
    log.info(personOf(message), 'message refused: not in ALLOWED_USERS or ALLOWED_TENANTS');
  } else log.info({ reason }, 'message refused');
}

function logAnswer({ outcome }: ModelResult, fields: object, log: TurnContext['log'], incident: string): void {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
    case 'needsApproval':
      log.info(fields, 'turn ended');
      break;
    case 'cutShort':
      log.warn({ ...fields, why: outcome.why, err: outcome.error }, 'turn ended');
      break;
    case 'failed':
      log.error({ ...fields, incident, code: outcome.error.code, err: outcome.error }, 'turn ended');
      break;
  }
}

function audioBytesOf(model: ModelResult | undefined): number {
  const outcome = model?.outcome;
  return outcome !== undefined && 'pcm' in outcome ? outcome.pcm.byteLength : 0;
}

/** For the list of those who may: nobody where the channel vouches for nobody, and the conversation stands for them. */
function personOf({ personKey, key }: UserMessage): object {
  return personKey === key ? {} : { person: personKey };
}
