import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchOutput } from '../support/kit/bot.ts';
import { findingsSection, section, table } from '../support/kit/report.ts';
import { historyOf, judge, type Row } from './judge.ts';
import type { Message } from './ledger.ts';
import { ALL_STEPS, type Kind, OTHERS, STEPS } from './steps.ts';
import type { Instance, World } from './world.ts';

/** What a part came to. */
export interface Report {
  readonly text: string;
  readonly interrupted: number;
  readonly isGood: boolean;
}

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
  findings.push(...ledger.findings, ...world.instances.flatMap(brokenIn));
  const interrupted = ledger.messages.filter(isInterrupted).length;
  const text = [
    ...['', `${title}: ${interrupted} turns unfinished when their instance was killed`],
    table([['', ...COLUMNS], ...rows.map(([kind, row]) => [TITLES[kind], ...cells(row)])]),
    ...LEGEND.map((text) => `  ${text}`),
    ...section(
      `calls to the storage, the slowest ${Math.round(world.storage.slowestMs)} ms`,
      [...world.storage.calls].sort(),
    ),
    ...findingsSection(findings),
  ];
  return { text: text.join('\n'), interrupted, isGood: findings.length === 0 };
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

function brokenIn({ name, bot }: Instance): string[] {
  const output = watchOutput(bot);
  output.look();
  return output.broken.map((line) => `bot broke: ${name} wrote: ${line}`);
}

/** Keeps what the instances wrote, for whoever looks for a cause. */
export function keepLogs(world: World, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const { name, bot } of world.instances) writeFileSync(join(directory, `${name}.log`), bot.stdout + bot.stderr);
}
