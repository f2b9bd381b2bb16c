import { judgeAddress, type Mixup } from '../support/kit/judge.ts';
import { answerOf } from '../support/kit/ledger.ts';
import type { BotWatch } from './bot-watch.ts';
import { CHANNEL_FAULTS, type ChannelAct, LONGEST_BACKOFF_MS, RETRIED } from './channel-faults.ts';
import type { Conversation, Message, Send, SoakLedger } from './ledger.ts';
import { UNBEGUN, WHOLE } from './model-faults.ts';
import { replyKind } from './replies.ts';

export type Finding = (what: Fault, message: Message, more?: string) => void;

/** Faults of a single message. */
export type Fault =
  | 'lost'
  | 'doubled'
  | 'doubled, unconfirmed'
  | Mixup
  | 'unknown words'
  | 'out of order'
  | 'late'
  | 'typing after reply'
  | 'asked again after deltas'
  | 'apology for a whole answer'
  | 'reported unsent, but sent';

/**
 * The end of a message. `undeliverable`: the channel rejected the reply for good, or its fate is unknown; `brokeOff`:
 * the bot's connection broke before the channel saw anything; `gone`: the conversation no longer exists; `refusalLost`:
 * the message was refused, but the database's answer to that was lost, and refusals are sent at most once.
 */
export type End =
  | 'answered'
  | 'undeliverable'
  | 'brokeOff'
  | 'gone'
  | 'refusalLost'
  | 'lost'
  | 'waiting'
  | 'notAccepted';

/** Timeouts of the bot, in milliseconds. */
export interface Times {
  readonly turnMs: number;
  /** From the earliest start of a turn to its reply: the turn, one last attempt to send, and slack. */
  readonly lateMs: number;
  /** The extra time because of faults of the database in this interval. */
  readonly outageMs: (fromMs: number, untilMs: number) => number;
}

/** Error codes of broken connections. */
const UNSEEN = /^(?:E[A-Z]+|REQUEST_SEND_ERROR)$/;

/** The present end of a message. */
export function endOf(message: Message, watch: BotWatch, times: Times, nowMs: number): End {
  const { conversation, sends, activityId, acceptedAtMs, failedPosts, isCancelled } = message;
  if (answerOf(message) !== undefined) return 'answered';
  if (conversation.goneStatus !== undefined) return 'gone';
  if (acceptedAtMs === undefined) return 'notAccepted';
  const notSent = watch.notSent.get(activityId);
  if (notSent === undefined && isCancelled && failedPosts > 0) return 'refusalLost';
  if (notSent === undefined) return isLate(message, nowMs, times) ? 'lost' : 'waiting';
  const last = sends.at(-1);
  // No attempt, or one after the last that the channel saw.
  if (UNSEEN.test(notSent.code) && last?.isAnswered !== false) return 'brokeOff';
  if (last === undefined) return 'lost';
  return gaveUpEarly(message, times) ? 'lost' : 'undeliverable';
}

function isLate(message: Message, atMs: number, { lateMs, outageMs }: Times): boolean {
  const fromMs = couldBegin(message);
  return atMs - fromMs > lateMs + outageMs(fromMs, atMs);
}

/** The earliest start of the turn: accepted, and nothing earlier in its conversation is still being sent. */
function couldBegin(message: Message): number {
  const { postedAtMs, acceptedAtMs, sends, conversation } = message;
  const beforeMs = sends[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const others = conversation.messages.filter((other) => other !== message).flatMap((other) => other.sends);
  const ends = others.filter(({ atMs }) => atMs < beforeMs).map(({ atMs, endedAtMs }) => endedAtMs ?? atMs);
  return ends.reduce((latest, ms) => Math.max(latest, ms), acceptedAtMs ?? postedAtMs);
}

/** Whether the bot had attempts and time left after a transient error of the channel. */
function gaveUpEarly(message: Message, { turnMs }: Times): boolean {
  const last = message.sends.at(-1);
  if (last === undefined || last.fault === 'expectReplies') return false;
  const { status, retryAfterSeconds = 0 }: ChannelAct = CHANNEL_FAULTS[last.fault];
  // The bot sends the message again without its audio.
  const tries = message.sends.slice(1 + message.sends.findLastIndex(({ fault }) => fault === 'tooLarge413'));
  const backoffMs = LONGEST_BACKOFF_MS[tries.length - 1];
  if (!RETRIED.has(status) || backoffMs === undefined) return false;
  const waitMs = Math.max(backoffMs, retryAfterSeconds * 1_000);
  return (last.endedAtMs ?? last.atMs) + waitMs < (tries[0]?.atMs ?? last.atMs) + turnMs;
}

/** Checks all messages, and reports faults. */
export function judge(ledger: SoakLedger, watch: BotWatch, times: Times, tell: Finding): void {
  for (const message of ledger.messages) {
    if (endOf(message, watch, times, Number.POSITIVE_INFINITY) === 'lost') tell('lost', message);
    judgeSends(message, watch, tell);
    judgeWords(message, tell);
    judgeAsks(message, ledger, tell);
    const shown = answerOf(message);
    if (shown === undefined || isSaidAtOnce(shown)) continue;
    const tookMs = shown.atMs - couldBegin(message);
    if (isLate(message, shown.atMs, times)) tell('late', message, `${Math.round(tookMs / 1000)} s`);
  }
  for (const conversation of ledger.conversations) judgeOrder(conversation, ledger, tell);
}

/** Replies without a turn: a refusal, and the end of the process. */
function isSaidAtOnce(send: Send): boolean {
  return ['refused', 'restarting'].includes(replyKind(send));
}

function judgeSends(message: Message, watch: BotWatch, tell: Finding): void {
  const { sends, typingAfterReply, activityId } = message;
  for (const [index, send] of sends.entries()) {
    const before = sends.slice(0, index);
    const seen = before.find(({ isShown }) => isShown);
    if (seen?.isAnswered === true) tell('doubled', message);
    // A send after one without an answer may be the second that the user sees.
    else if (!send.isUpdate && before.some(({ isAnswered }) => !isAnswered)) tell('doubled, unconfirmed', message);
  }
  if (typingAfterReply > 0) tell('typing after reply', message);
  const isConfirmed = sends.some(({ isShown, isAnswered }) => isShown && isAnswered);
  if (isConfirmed && watch.notSent.has(activityId)) tell('reported unsent, but sent', message);
}

function judgeWords(message: Message, tell: Finding): void {
  for (const send of message.sends) {
    if (replyKind(send) === 'other') tell('unknown words', message, send.text.slice(0, 100));
    judgeAddress(send, message, (mixup, details) => tell(mixup, message, details));
  }
}

function judgeAsks(message: Message, { drops }: SoakLedger, tell: Finding): void {
  const [shown] = message.sends;
  for (const [index, { fault, atMs }] of message.asks.entries()) {
    const next = message.asks[index + 1];
    // A response in flight when the sockets broke may never have arrived.
    const untilMs = next?.atMs ?? shown?.atMs ?? 0;
    if (drops.some((dropMs) => dropMs >= atMs && dropMs <= untilMs)) continue;
    // An answer in text only is requested again in speech.
    if (next !== undefined && !UNBEGUN.has(fault) && fault !== 'text') tell('asked again after deltas', message, fault);
    const isLast = next === undefined && shown !== undefined && WHOLE.has(fault);
    if (isLast && !['spoken', 'text'].includes(replyKind(shown))) tell('apology for a whole answer', message);
  }
}

/** If the POST of one message was answered before another was sent, it has to be answered first. */
function judgeOrder({ messages }: Conversation, { isShared }: SoakLedger, tell: Finding): void {
  const answered = messages.flatMap((message) => {
    const shown = answerOf(message);
    if (isShared && message.expectsReplies) return [];
    return shown === undefined || isSaidAtOnce(shown) ? [] : [{ message, shown }];
  });
  for (const { message, shown } of answered) {
    const isBefore = ({ acceptedAtMs }: Message) => acceptedAtMs !== undefined && acceptedAtMs < message.postedAtMs;
    const late = answered.find((other) => isBefore(other.message) && other.shown.atMs > shown.atMs);
    if (late !== undefined) tell('out of order', message, `before ${late.message.token}`);
  }
}
