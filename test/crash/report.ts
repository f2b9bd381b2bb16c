import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchOutput } from '../support/kit/bot.ts';
import { answerOf } from '../support/kit/ledger.ts';
import { findingsSection, table } from '../support/kit/report.ts';
import { ANSWER_BAR_MS, type Fault, historyOf, isInterrupted, judge, type Row, waitedMs } from './judge.ts';
import type { Message } from './ledger.ts';
import { judgeRemains } from './remains.ts';
import { COMMANDS, type Kind, OTHERS, STEPS } from './steps.ts';
import type { Instance, World } from './world.ts';

/** The result of a part. */
export interface Report {
  readonly text: string;
  /** Turns, without commands. */
  readonly interrupted: number;
  readonly isGood: boolean;
}

const TITLES = { ...STEPS, ...OTHERS };
const KINDS = Object.keys(TITLES) as readonly Kind[];
const FAULTS: readonly Fault[] = ['lost', 'crossed', 'out of order', 'doubled'];
const COLUMNS = ['messages', 'interrupted', 'answered', 'slowest', 'asked again', 'in window', ...FAULTS];
const LEGEND = [
  'slowest: to the answer from the kill, its own acceptance, or the answer before, whichever came last',
  'in window: shown twice where the instance died between the send and the COMMIT that completes the turn',
  'doubled: shown twice otherwise',
];

/** Judges one part, which ran in several worlds in parallel, and formats the report. */
export async function report(title: string, worlds: readonly World[]): Promise<Report> {
  const findings: string[] = [];
  const remains: string[] = [];
  for (const world of worlds) {
    const { orphanedAudio, spentUsd } = await judgeRemains(world);
    remains.push(`  audio without an answer: ${orphanedAudio}; spent: ${spentUsd.toFixed(4)} USD, each turn once`);
    findings.push(...world.ledger.findings, ...world.instances.flatMap(brokenIn));
  }
  const instances = worlds.flatMap((world) => world.instances);
  const messages = worlds.flatMap(({ ledger }) => ledger.messages);
  const rows = KINDS.flatMap((kind): [Kind, Row][] => {
    const ofKind = messages.filter((message) => message.kind === kind);
    const row = judge(ofKind, instances, (fault, message, more) => {
      findings.push(`${fault}: ${message.token} ${more} ${historyOf(message)}`);
    });
    return row.count === 0 ? [] : [[kind, row]];
  });
  const interrupted = rows.reduce((sum, [kind, row]) => sum + (COMMANDS.has(kind) ? 0 : row.interrupted), 0);
  const kills = instances.filter(({ killedAtMs }) => killedAtMs !== undefined).length;
  const text = [
    ...['', `${title}: ${interrupted} turns interrupted by ${kills} kills`],
    table([['', ...COLUMNS], ...rows.map(([kind, row]) => [TITLES[kind], ...cells(row)])]),
    ...LEGEND.map((line) => `  ${line}`),
    ...['', totals(rows.map(([, row]) => row)), answerTimes(messages), pairs(messages), commandsIn(messages)],
    ...['', 'left in the database:', ...remains],
    ...findingsSection(findings),
  ];
  return { text: text.join('\n'), interrupted, isGood: findings.length === 0 };
}

function totals(rows: readonly Row[]): string {
  const sum = (count: (row: Row) => number) => rows.reduce((total, row) => total + count(row), 0);
  const faults = FAULTS.map((fault) => `${fault}: ${sum((row) => row.faults[fault] ?? 0)}`);
  return [...faults, `in window: ${sum(({ inWindow }) => inWindow)}`].join(', ');
}

function cells({ count, interrupted, answered, slowestMs, askedAgain, inWindow, faults }: Row): string[] {
  const slowest = `${(slowestMs / 1000).toFixed(1)} s`;
  const counts = [count, interrupted, answered, slowest, askedAgain, inWindow];
  return [...counts, ...FAULTS.map((fault) => faults[fault] ?? 0)].map(String);
}

/** The times of messages that another instance answered for the killed one. */
function answerTimes(messages: readonly Message[]): string {
  const taken = messages.filter((message) => isInterrupted(message) && !COMMANDS.has(message.kind));
  const late = taken.filter((message) => (answerOf(message)?.atMs ?? 0) > (message.killedAtMs ?? 0) + 1_000);
  const times = late.flatMap((message) => waitedMs(message) ?? []).sort((a, b) => a - b);
  const at = (share: number) => `${((times[Math.floor(share * (times.length - 1))] ?? 0) / 1000).toFixed(1)} s`;
  return `from the kill to the answer by another instance: median ${at(0.5)}, slowest ${at(1)}; bar ${ANSWER_BAR_MS / 1000} s`;
}

/**
 * Pairs of messages: the second was posted to another instance after the first was accepted and before it was answered.
 */
function pairs(messages: readonly Message[]): string {
  const all = messages.flatMap((message): [Message, Message][] => {
    const before = message.conversation.messages[message.number - 2];
    if (before === undefined || before.postedTo === message.postedTo) return [];
    const { postedAtMs = 0 } = message;
    const isOpen = (answerOf(before)?.atMs ?? Number.POSITIVE_INFINITY) > postedAtMs;
    return isOpen && (before.acceptedAtMs ?? Number.POSITIVE_INFINITY) <= postedAtMs ? [[before, message]] : [];
  });
  const inOrder = all.filter(([one, two]) => (answerOf(one)?.atMs ?? 0) <= (answerOf(two)?.atMs ?? 0));
  return `pairs accepted one after the other by different instances: ${all.length}, answered in that order: ${inOrder.length}`;
}

/** A confirmation is sent at most once, by the instance that accepts the command. */
function commandsIn(messages: readonly Message[]): string {
  const commands = messages.filter(({ kind }) => COMMANDS.has(kind));
  const silent = commands.filter((message) => answerOf(message) === undefined);
  const hit = commands.filter(isInterrupted).length;
  return `commands: ${commands.length}, interrupted: ${hit}, applied without a word to the user: ${silent.length}`;
}

function brokenIn({ name, bot }: Instance): string[] {
  const output = watchOutput(bot);
  output.read();
  return output.broken.map((line) => `bot broke: ${name} wrote: ${line}`);
}

/** Saves the output of the instances. */
export function keepLogs(worlds: readonly World[], directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const { name, bot } of worlds.flatMap((world) => world.instances))
    writeFileSync(join(directory, `${name}.log`), bot.stdout + bot.stderr);
}
