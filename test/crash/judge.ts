import { judgeAddress } from '../support/kit/judge.ts';
import { answerOf, type BaseSend } from '../support/kit/ledger.ts';
import { after } from '../support/kit/report.ts';
import type { Message } from './ledger.ts';
import { COMMANDS } from './steps.ts';
import type { Instance } from './world.ts';

/** Faults of a single message. */
export type Fault = 'lost' | 'late' | 'crossed' | 'out of order' | 'doubled' | 'other';

/** The results for messages of one kind. */
export interface Row {
  count: number;
  interrupted: number;
  answered: number;
  slowestMs: number;
  askedAgain: number;
  /** Seen twice, because the instance died between the send and the COMMIT that completes the turn. */
  inWindow: number;
  /** The number of messages with each fault. */
  readonly faults: Partial<Record<Fault, number>>;
}

export type Tell = (fault: Fault, message: Message, more: string) => void;

export const ANSWER_BAR_MS = 45_000;
const UNDER_WAY_MS = 500;

/** Whether the user has the answer, or the effect of the command. */
export function isAnswered(message: Message): boolean {
  if (COMMANDS.has(message.kind)) return isFinished(message);
  return answerOf(message) !== undefined && (message.kind !== 'between' || message.restAtMs !== undefined);
}

/** Whether its turn is completed, or its command applied. */
export function isFinished({ recordedAtMs }: Message): boolean {
  return recordedAtMs !== undefined;
}

/** The time from the earliest start (acceptance, a kill, the previous answer) to the answer. Undefined without one. */
export function waitedMs(message: Message): number | undefined {
  const { killedAtMs, acceptedAtMs, postedAtMs = 0, conversation, number } = message;
  const shown = answerOf(message);
  const before = conversation.messages[number - 2];
  const answeredMs = (before && answerOf(before)?.atMs) ?? 0;
  // Messages answered before the kill, or out of order, did not wait for these.
  const beginnings = [killedAtMs ?? 0, answeredMs].filter((ms) => shown !== undefined && ms <= shown.atMs);
  return shown && shown.atMs - Math.max(acceptedAtMs ?? postedAtMs, ...beginnings);
}

/** Checks some messages, and reports faults. */
export function judge(messages: readonly Message[], instances: readonly Instance[], tell: Tell): Row {
  const row: Row = { count: 0, interrupted: 0, answered: 0, slowestMs: 0, askedAgain: 0, inWindow: 0, faults: {} };
  const told: Tell = (fault, message, more) => {
    row.faults[fault] = (row.faults[fault] ?? 0) + 1;
    tell(fault, message, more);
  };
  for (const message of messages) {
    row.count++;
    if (isInterrupted(message)) row.interrupted++;
    judgeAnswer(message, row, told);
    for (const send of message.sends) judgeWords(send, message, told);
    row.inWindow += judgeDoubles(message, instances, told);
    judgeAsks(message, row, told);
    judgeOrder(message, told);
    const isSilent = COMMANDS.has(message.kind) || message.audio === undefined;
    if (!isSilent && message.audio !== 'right') told('other', message, `audio: ${message.audio}`);
  }
  return row;
}

/** Held at its step, or running, when its instance died. */
export function isInterrupted({ kind, reachedAtMs, killedAtMs, begun }: Message): boolean {
  if (killedAtMs === undefined) return false;
  if (reachedAtMs !== undefined) return true;
  return kind === 'chat' && begun.length > 1;
}

function judgeAnswer(message: Message, row: Row, tell: Tell): void {
  if (!isAnswered(message)) {
    tell('lost', message, 'no answer');
    return;
  }
  row.answered++;
  // For a command only the effect is guaranteed.
  const waited = waitedMs(message) ?? 0;
  row.slowestMs = Math.max(row.slowestMs, waited);
  if (waited > ANSWER_BAR_MS) tell('late', message, `${Math.round(waited / 1000)} s`);
}

function judgeWords(send: BaseSend, message: Message, tell: Tell): void {
  judgeAddress(send, message, (mixup, details) => tell('crossed', message, `${mixup}: ${details}`));
  const isRight = COMMANDS.has(message.kind) || send.text.startsWith(`${message.token} is my answer.`);
  if (!isRight) tell('other', message, `words: ${send.text.slice(0, 120)}`);
}

/** Unavoidable doubles: the send was not recorded. */
function judgeDoubles(message: Message, instances: readonly Instance[], tell: Tell): number {
  const { recordedAtMs = Number.POSITIVE_INFINITY, begun, sends } = message;
  const [first, ...more] = sends.filter(({ isShown }) => isShown);
  if (first === undefined) return 0;
  const sender = begun.findLast(({ atMs }) => atMs <= first.atMs)?.instance;
  const diedAtMs = instances.find(({ name }) => name === sender)?.killedAtMs;
  const unknown = more.filter(({ atMs }) => {
    // Data in flight when the process ended arrives a little later.
    const isCrashBetween = diedAtMs !== undefined && first.atMs <= diedAtMs + UNDER_WAY_MS && diedAtMs <= atMs;
    if (recordedAtMs <= atMs) tell('doubled', message, 'although its turn was completed');
    else if (!isCrashBetween) tell('doubled', message, 'without a crash in between');
    else return true;
    return false;
  });
  return unknown.length;
}

function judgeAsks(message: Message, row: Row, tell: Tell): void {
  const { asks, savedAtMs = Number.POSITIVE_INFINITY } = message;
  row.askedAgain += Math.max(0, asks.length - 1);
  if (asks.some(({ atMs }) => atMs > savedAtMs)) tell('other', message, 'asked for again after its answer was saved');
}

/** Messages accepted in order are answered in order. Overlapping POSTs have no order. */
function judgeOrder(message: Message, tell: Tell): void {
  const shown = answerOf(message);
  if (shown === undefined || COMMANDS.has(message.kind)) return;
  const late = earlierThan(message).find((before) => (answerOf(before)?.atMs ?? 0) > shown.atMs);
  if (late !== undefined) tell('out of order', message, `before ${late.token}`);
}

/** Messages that were accepted before this one was posted. */
export function earlierThan({ conversation, postedAtMs = 0 }: Message): Message[] {
  return conversation.messages.filter(({ kind, acceptedAtMs = Number.POSITIVE_INFINITY }) => {
    return acceptedAtMs <= postedAtMs && !COMMANDS.has(kind);
  });
}

/** All details of a message, with times in milliseconds after its POST. */
export function historyOf(message: Message): string {
  const { postedAtMs = 0, begun, asks, sends, kind } = message;
  const at = after(postedAtMs);
  const names = ['keptAtMs', 'acceptedAtMs', 'reachedAtMs', 'killedAtMs', 'savedAtMs', 'recordedAtMs'] as const;
  const steps = names.map((name) => `${name.slice(0, -4)} ${at(message[name])}`).join(', ');
  const deeds = (list: typeof asks) =>
    list.map(({ atMs, instance }) => `${at(atMs)} ${instance}`).join(', ') || 'never';
  const sent = sends.map(({ atMs, isShown }) => `${at(atMs)} ${isShown ? 'taken' : 'untaken'}`).join(', ') || 'never';
  const when = new Date(postedAtMs).toISOString();
  return `[${kind}, posted ${when}; ${steps}; begun: ${deeds(begun)}; asked: ${deeds(asks)}; sent: ${sent}]`;
}
