import { answerOf } from '../support/kit/ledger.ts';
import { after, findingsSection, section } from '../support/kit/report.ts';
import type { BotWatch, MemorySample } from './bot-watch.ts';
import { type End, endOf, type Fault, judge, type Times } from './judge.ts';
import { type Message, NOTED, type SoakLedger } from './ledger.ts';
import { replyKind } from './replies.ts';

/** The result of a soak. */
export interface Report {
  readonly text: string;
  readonly isGood: boolean;
}

/** Faults that fail the soak; the others are only reported. */
const FATAL: ReadonlySet<Fault> = new Set<Fault>([
  ...(['lost', 'doubled', 'doubled, unconfirmed', 'other conversation', 'other message', 'wrong address'] as const),
  ...(['out of order', 'unknown words', 'asked again after deltas', 'reported unsent, but sent'] as const),
]);
const FAULTS: readonly Fault[] = [...FATAL, 'late', 'typing after reply', 'apology for a whole answer'];

export interface ReportOptions {
  readonly ledger: SoakLedger;
  readonly watch: BotWatch;
  readonly times: Times;
  /** Findings that are not about single messages, as `kind: details`. */
  readonly problems: readonly string[];
}

/** Judges a soak and formats the report. */
export function report({ ledger, watch, times, problems }: ReportOptions): Report {
  const found = new Map<Fault, number>(FAULTS.map((fault) => [fault, 0]));
  const findings: string[] = [];
  judge(ledger, watch, times, (what, message, more = '') => {
    found.set(what, (found.get(what) ?? 0) + 1);
    findings.push(`${what}: ${message.token} ${more} ${historyOf(message)}`);
  });
  findings.push(...ledger.findings, ...watch.broken.map((line) => `bot broke: ${line}`), ...problems);
  const isGood =
    [...FATAL].every((fault) => found.get(fault) === 0) &&
    [ledger.findings, watch.broken, problems].every(({ length }) => length === 0);
  const text = [
    ...section(
      'messages (not accepted: once the bot was told to end)',
      endsOf(ledger, watch, times, Number.POSITIVE_INFINITY),
    ),
    ...section('replies', repliesOf(ledger)),
    ...section('replies that the bot gave up', notSentOf(watch)),
    ...section('must be 0', [
      ...[...found].filter(([fault]) => FATAL.has(fault)),
      ...notedOf(ledger),
      ...[['bot broke', watch.broken.length] as const, ['other problems', problems.length] as const],
    ]),
    ...section(
      'noted, and no failure by itself',
      [...found].filter(([fault]) => !FATAL.has(fault)),
    ),
    ...section('slow posts (over 1 s, rounded up)', ledger.counted('slow posts')),
    ...section('memory of the model (messages it had to know)', ledger.counted('memory')),
    ...section('audio of replies, fetched at once', ledger.counted('audio')),
    ...['users', 'posts', 'other posts', 'calls', 'notices', 'database', 'connections', 'reservations'].flatMap(
      (group) => section(group, ledger.counted(group)),
    ),
    ...section('faults of the model', ledger.counted('model')),
    ...section('handshakes', [...ledger.counted('handshakes'), ['all sockets dropped', ledger.drops.length]]),
    ...section('faults of the channel (all calls)', ledger.counted('channel')),
    ...section('log of the bot', watch.lines.sorted()),
    ...['', 'the bot after a collection of garbage, in MB', ...watch.memory.map(memoryLine)],
    ...findingsSection(findings),
    ...['', isGood ? 'GOOD: nothing lost, doubled, crossed, out of order or broken' : 'BAD: see the findings'],
  ];
  return { text: `${text.join('\n')}\n`, isGood };
}

function notSentOf({ notSent }: BotWatch): [string, number][] {
  const reasons = Map.groupBy(notSent.values(), ({ status, code }) => String(status ?? code));
  return [...reasons].map(([reason, all]) => [reason, all.length]);
}

function notedOf(ledger: SoakLedger): [string, number][] {
  const counts = new Map(ledger.counted('noted'));
  return NOTED.map((kind) => [kind, counts.get(kind) ?? 0]);
}

/** The number of messages by end. */
export function endsOf(ledger: SoakLedger, watch: BotWatch, times: Times, nowMs = Date.now()): [End, number][] {
  const ends = Map.groupBy(ledger.messages, (message) => endOf(message, watch, times, nowMs));
  return [...ends].map(([end, messages]) => [end, messages.length] as [End, number]).sort(([, a], [, b]) => b - a);
}

function repliesOf({ messages }: SoakLedger): [string, number][] {
  const shown = messages.flatMap((message) => answerOf(message) ?? []);
  return [...Map.groupBy(shown, replyKind)].map(([kind, all]) => [kind, all.length]);
}

function memoryLine(sample: MemorySample): string {
  const { instance, atMinute, heapUsed, rss, arrayBuffers, sockets, timers, longestDelayMs } = sample;
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1).padStart(7);
  const sizes = `heap ${mb(heapUsed)}  rss ${mb(rss)}  buffers ${mb(arrayBuffers)}`;
  return `  instance ${instance}, minute ${String(atMinute).padStart(4)}: ${sizes}  sockets ${sockets}  timers ${timers}  longest delay ${longestDelayMs} ms`;
}

/** All details of a message, with times in milliseconds after its POST. */
function historyOf({
  postedAtMs,
  acceptedAtMs,
  asks,
  sends,
  conversation,
  failedPosts,
  expectsReplies,
}: Message): string {
  const at = after(postedAtMs);
  const asked = asks.map(({ fault, atMs }) => `${at(atMs)} ${fault}`).join(', ');
  const sent = sends
    .map(
      ({ atMs, endedAtMs, fault, text }) =>
        `${at(atMs)} to ${at(endedAtMs)} ${fault} ${JSON.stringify(text.slice(0, 40))}`,
    )
    .join(', ');
  const when = new Date(postedAtMs).toISOString();
  const delivered = `${expectsReplies ? 'expects replies, ' : ''}${failedPosts === 0 ? '' : `refused ${failedPosts} times, `}`;
  return `[${conversation.channel} ${when} ${delivered}taken ${at(acceptedAtMs)}; asked: ${asked || 'never'}; sent: ${sent || 'never'}]`;
}
