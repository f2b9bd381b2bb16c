import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyOf, judge, type Row } from './judge.ts';
import type { Message } from './ledger.ts';
import { ALL_STEPS, type Kind, OTHERS, STEPS } from './steps.ts';
import type { World } from './world.ts';

/** What a part came to. */
export interface Report {
  readonly text: string;
  readonly interrupted: number;
  readonly isGood: boolean;
}

const MOST_FINDINGS = 60;
const TITLES = { ...STEPS, ...OTHERS };
const KINDS = Object.keys(TITLES) as readonly Kind[];
const COLUMNS = [
  'messages',
  'answered',
  'slowest',
  'asked again',
  'lost',
  'crossed',
  'doubled',
  'in window',
  'overtook',
] as const;
const NEVER_EXPECTED = /unhandled rejection|uncaught exception|turn broke|request broke|could not be changed/;

const LEGEND = [
  'slowest: from the kill, or from its own acceptance, to the answer; it is to be under 60 s',
  'doubled: shown again although the confirmation was recorded, or where nothing had crashed',
  'in window: shown again where the instance died between the send and the record of its confirmation',
  'overtook: answered before an older message that nobody had begun with; its sender did not wait',
];

/** Judges one part and writes it down. */
export function report(title: string, world: World): Report {
  const { ledger } = world;
  const findings: string[] = [];
  const rows = KINDS.flatMap((kind): [Kind, Row][] => {
    const messages = ledger.messages.filter((message) => message.kind === kind && counts(message));
    const row = judge(messages, ledger, (fault, message, more) => {
      findings.push(`${fault}: ${message.token} ${more} ${historyOf(message)}`);
    });
    return messages.length === 0 ? [] : [[kind, row]];
  });
  findings.push(
    ...ledger.findings,
    ...world.instances.flatMap(({ name, bot }) => brokenIn(name, bot.stdout, bot.stderr)),
  );
  const interrupted = ledger.messages.filter(isInterrupted).length;
  const text = [
    ...['', `${title}: ${interrupted} turns unfinished when their instance was killed`],
    line('', COLUMNS),
    ...rows.map(([kind, row]) => line(TITLES[kind], cells(row))),
    ...LEGEND.map((text) => `  ${text}`),
    ...[
      '',
      `calls to the storage, the slowest ${Math.round(world.gate.slowestMs)} ms`,
      ...[...world.gate.calls].sort().map(([what, count]) => `  ${count} ${what}`),
    ],
    ...['', `findings: ${findings.length}`, ...summaryOf(findings), ...findings.slice(0, MOST_FINDINGS)],
  ];
  return { text: text.join('\n'), interrupted, isGood: findings.length === 0 };
}

function summaryOf(findings: readonly string[]): string[] {
  const kinds = Map.groupBy(findings, (finding) => /^(?:kill \d+: )?([^:]*)/.exec(finding)?.[1] ?? '');
  return [...kinds].map(([kind, all]) => `  ${String(all.length).padStart(6)}  ${kind}`);
}

/** Held at its step, or on its way, when the instance died. */
function isInterrupted({ kind, reachedAtMs, killedAtMs }: Message): boolean {
  if (killedAtMs === undefined || kind === 'waiting') return false;
  return (
    ['anywhere', 'chat', 'hasty'].includes(kind) || (ALL_STEPS.includes(kind as never) && reachedAtMs !== undefined)
  );
}

/** What was finished before the kill is judged with all others, too. */
function counts({ postedAtMs }: Message): boolean {
  return postedAtMs !== undefined;
}

function cells({ count, answered, slowestMs, askedAgain, lost, crossed, doubled, inWindow, overtook }: Row): string[] {
  const slowest = `${(slowestMs / 1000).toFixed(1)} s`;
  return [count, answered, slowest, askedAgain, lost, crossed, doubled, inWindow, overtook].map(String);
}

function line(title: string, values: readonly string[]): string {
  return `${title.padEnd(34)}${values.map((value) => value.padStart(12)).join('')}`;
}

function brokenIn(name: string, stdout: string, stderr: string): string[] {
  const broken = stdout.split('\n').filter((text) => NEVER_EXPECTED.test(text) || text.includes('"level":"fatal"'));
  const printed = stderr.split('\n').filter((text) => text !== '');
  return [...broken, ...printed.map((text) => `on standard error: ${text}`)].map(
    (text) => `${name} wrote: ${text.slice(0, 1_000)}`,
  );
}

/** Keeps what the instances wrote, for whoever looks for a cause. */
export function keepLogs(world: World, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const { name, bot } of world.instances) writeFileSync(join(directory, `${name}.log`), bot.stdout + bot.stderr);
}
