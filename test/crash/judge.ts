import { judgeAddress } from '../support/kit/judge.ts';
import { answerOf } from '../support/kit/ledger.ts';
import { after } from '../support/kit/report.ts';
import type { CrashLedger, Message, Send } from './ledger.ts';
import { type Kind, STEPS } from './steps.ts';

/** What must never happen to a message. */
export type Fault = 'lost' | 'late' | 'crossed' | 'doubled' | 'other';

/** What became of the messages of one kind. */
export interface Row {
  count: number;
  answered: number;
  slowestMs: number;
  askedAgain: number;
  lost: number;
  crossed: number;
  doubled: number;
  /** The user has seen it twice, and nothing could have told the second instance so. */
  inWindow: number;
  /** Written before there was an answer to the message before, of which nothing but `pending/` knew. */
  overtook: number;
}

export type Tell = (fault: Fault, message: Message, more: string) => void;

const PROMISE_MS = 60_000;
const UNDER_WAY_MS = 500;

/** Looks at everything that happened to some messages, and tells what must not have happened. */
export function judge(messages: readonly Message[], ledger: CrashLedger, tell: Tell): Row {
  const row = {
    count: 0,
    answered: 0,
    slowestMs: 0,
    askedAgain: 0,
    lost: 0,
    crossed: 0,
    doubled: 0,
    inWindow: 0,
    overtook: 0,
  };
  const told: Tell = (fault, message, more) => {
    if (fault === 'lost' || fault === 'crossed' || fault === 'doubled') row[fault]++;
    tell(fault, message, more);
  };
  for (const message of messages) {
    row.count++;
    judgeAnswer(message, row, told);
    for (const send of message.sends) judgeWords(send, message, told);
    row.inWindow += judgeDoubles(message, ledger, told);
    judgeAsks(message, row, told);
    judgeOrder(message, row, told);
    if (message.sound !== undefined && message.sound !== 'right') told('other', message, `sound: ${message.sound}`);
  }
  return row;
}

function judgeAnswer(message: Message, row: Row, tell: Tell): void {
  const { killedAtMs, acceptedAtMs, postedAtMs = 0 } = message;
  const shown = answerOf(message);
  if (shown === undefined) {
    tell('lost', message, 'no answer');
    return;
  }
  row.answered++;
  const waitedMs = shown.atMs - (killedAtMs ?? acceptedAtMs ?? postedAtMs);
  row.slowestMs = Math.max(row.slowestMs, waitedMs);
  if (waitedMs > PROMISE_MS) tell('late', message, `${Math.round(waitedMs / 1000)} s`);
}

function judgeWords(send: Send, message: Message, tell: Tell): void {
  const { text } = send;
  judgeAddress(send, message, (mixup, details) => tell('crossed', message, `${mixup}: ${details}`));
  if (!text.startsWith(`${message.token} is my answer.`)) tell('other', message, `words: ${text.slice(0, 120)}`);
}

/** The doubles for which there was no way to know. */
function judgeDoubles(message: Message, ledger: CrashLedger, tell: Tell): number {
  const { recordedAtMs = Number.POSITIVE_INFINITY, killedAtMs, sends } = message;
  const [first, ...more] = sends.filter(({ isTaken }) => isTaken);
  // What was under way when the process ended arrives a little later.
  const isOfTheDead = first?.port
    ? ledger.killed.has(first.port)
    : (first?.atMs ?? 0) <= (killedAtMs ?? 0) + UNDER_WAY_MS;
  const unknown = more.filter(({ atMs }) => {
    const isCrashBetween = killedAtMs !== undefined && killedAtMs <= atMs;
    if (recordedAtMs <= atMs) tell('doubled', message, 'although its confirmation was recorded');
    else if (!isCrashBetween || !isOfTheDead) tell('doubled', message, 'without a crash in between');
    else return true;
    return false;
  });
  return unknown.length;
}

function judgeAsks({ asks, savedAtMs, ...message }: Message, row: Row, tell: Tell): void {
  row.askedAgain += Math.max(0, asks.length - 1);
  const needless = asks.filter(({ atMs }) => savedAtMs !== undefined && atMs > savedAtMs);
  if (needless.length > 0) tell('other', { asks, savedAtMs, ...message }, 'asked for again after its answer was saved');
}

function judgeOrder(message: Message, row: Row, tell: Tell): void {
  const shown = answerOf(message);
  if (shown === undefined) return;
  const earlier = message.conversation.messages.filter(({ number }) => number < message.number);
  const late = earlier.find((before) => (answerOf(before)?.atMs ?? 0) > shown.atMs);
  if (late === undefined) return;
  // Order is promised to those who wait for their answers; and to the others where a runner tells of them.
  const isHasty = message.kind === 'hasty' && late.number === message.number - 1;
  if (isHasty || (message.kind === 'impatient' && NO_RUNNER.has(stepOf(message)))) row.overtook++;
  else tell('other', message, `out of order: before ${late.token}`);
}

/** Steps at which nobody has the conversation. */
const NO_RUNNER: ReadonlySet<Kind | undefined> = new Set<Kind>(['accepted', 'recorded']);

function stepOf({ conversation }: Message): Kind | undefined {
  return conversation.messages.find(({ kind }) => kind in STEPS)?.kind;
}

/** Everything of a message, with times in milliseconds after its POST. */
export function historyOf(message: Message): string {
  const { postedAtMs = 0, asks, sends, kind } = message;
  const at = after(postedAtMs);
  const times = [
    ...['keptAtMs', 'acceptedAtMs', 'reachedAtMs', 'killedAtMs', 'savedAtMs', 'recordedAtMs', 'removedAtMs'],
  ] as const as readonly (keyof Message & `${string}AtMs`)[];
  const steps = times.map((name) => `${name.slice(0, -4)} ${at(message[name])}`).join(', ');
  const asked = asks.map(({ atMs, instance }) => `${at(atMs)} ${instance}`).join(', ');
  const sent = sends.map(({ atMs, isTaken, port }) => `${at(atMs)} ${isTaken ? 'taken' : 'untaken'} of :${port}`);
  const when = new Date(postedAtMs).toISOString();
  return `[${kind}, posted ${when}; ${steps}; asked: ${asked || 'never'}; sent: ${sent.join(', ') || 'never'}]`;
}
