import { BYTES_PER_SECOND } from '../../audio/pcm.ts';
import type { ModelResult } from '../../realtime/model-result.ts';
import { errorOf } from '../../realtime/outcome.ts';
import { type CountedEnd, codeOf, type TurnMeasures } from '../../telemetry/turn-telemetry.ts';
import type { UserMessage } from '../user-message.ts';
import type { TurnContext } from './turn-context.ts';
import type { TurnResult } from './turn-result.ts';

/** Logs and counts how a turn ended: once, and here alone. */
export function reportTurn(result: TurnResult, turn: TurnContext): void {
  turn.telemetry.end(measuresOf(result));
  logResult(result, turn);
}

function measuresOf(result: TurnResult): TurnMeasures {
  const model = 'model' in result ? result.model : undefined;
  return {
    end: countedEnd(result),
    errorCode: errorCodeOf(result),
    usage: model?.usage,
    audioSeconds: audioBytesOf(model) / BYTES_PER_SECOND,
  };
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

function errorCodeOf(result: TurnResult): string | undefined {
  switch (result.kind) {
    case 'answered':
      return errorOf(result.model.outcome)?.code;
    case 'unsent':
    case 'gone':
    case 'broken':
      return codeOf(result.error);
    case 'deadLettered':
      return 'dead_lettered';
    case 'refused':
    case 'resent':
    case 'answeredBefore':
    case 'cancelled':
    case 'released':
    case 'superseded':
      return undefined;
  }
}

function logResult(result: TurnResult, turn: TurnContext): void {
  const { log, incident, message } = turn;
  const fields = { ms: turn.elapsedMs(), ...('model' in result && result.model ? fieldsOf(result.model) : {}) };
  switch (result.kind) {
    case 'answered':
      logAnswer(result.model, fields, turn);
      break;
    case 'refused':
      if (result.reason === 'notAllowed')
        log.info(personOf(message), 'message refused: not in ALLOWED_USERS or ALLOWED_TENANTS');
      else log.info({ reason: result.reason }, 'message refused');
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

function logAnswer({ outcome }: ModelResult, fields: object, { log, incident }: TurnContext): void {
  switch (outcome.kind) {
    case 'spoken':
    case 'textOnly':
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

function fieldsOf(model: ModelResult): object {
  const audioBytes = audioBytesOf(model);
  return { outcome: model.outcome.kind, response: model.responseId, ...(audioBytes === 0 ? {} : { audioBytes }) };
}

function audioBytesOf(model: ModelResult | undefined): number {
  const outcome = model?.outcome;
  return outcome?.kind === 'spoken' || outcome?.kind === 'cutShort' ? outcome.pcm.byteLength : 0;
}

/** For the list of those who may: nobody where the channel vouches for nobody, and the conversation stands for them. */
function personOf({ personKey, key }: UserMessage): object {
  return personKey === key ? {} : { person: personKey };
}
