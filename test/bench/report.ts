import { availableParallelism, cpus, totalmem } from 'node:os';
import { table } from '../support/kit/report.ts';
import type { MeasuredClip } from './clips.ts';
import type { MeasuredDocuments } from './documents.ts';
import type { FirstText } from './first-text.ts';
import type { IdleMemory } from './idle-memory.ts';
import { median, percentile, type Usage } from './measure.ts';
import type { Figures, Scenario, Side, TurnFigures } from './rounds.ts';
import type { Starts, StartTime } from './start-time.ts';
import type { StoredTurns } from './stored-turns.ts';
import type { ToolCount } from './tool-count.ts';

/** All measurements. */
export interface Results {
  readonly figures: readonly Figures[];
  readonly firstTexts: readonly FirstText[];
  /** At the end of all turns, after a garbage collection. */
  readonly usage: { readonly bare: Usage; readonly bot: Usage };
  readonly idle: IdleMemory;
  readonly starts: Starts;
  readonly stored: readonly StoredTurns[];
  readonly clips: readonly MeasuredClip[];
  readonly toolCount: ToolCount;
  readonly documents: MeasuredDocuments;
}

type Row = readonly string[];

/** A target, the figure, and whether it is reached. */
interface Bar {
  readonly name: string;
  readonly figure: number;
  readonly most: number;
  readonly unit: string;
}

/** The whole report as text. */
export function report(results: Results): string {
  const { figures, firstTexts, usage, idle, starts, stored, clips, toolCount, documents } = results;
  return [
    machine(),
    '26 transcript deltas, 28 audio deltas, 300 kB of PCM, unpaced; times in ms',
    '',
    table([
      ['', 'turns', 'bare median', 'p99', 'bot median', 'p99', 'above', 'CPU bare', 'CPU bot', 'ratio'],
      ...figures.map(totals),
    ]),
    '',
    table([
      ['bot', 'POST to response.create', 'p99', 'last delta to reply', 'p99', '(bare loop)', 'p99'],
      ...figures.filter(({ scenario }) => scenario.hasCall !== true).map(stages),
    ]),
    '',
    table([['Web Chat, at once', 'turns', 'first delta to first words', 'p99'], ...firstTexts.map(firstTextRow)]),
    '',
    table([['on PostgreSQL', 'turns', 'POST to response.create', 'p99'], ...stored.map(storedRow)]),
    '',
    table([['a minute decoded', 'first', 'next', 'CPU', 'memory', 'longest pause', '(idle)'], ...clips.map(clipRow)]),
    '',
    table([['on warm sessions', 'turns', 'POST to reply', 'p99'], ...toolCountRows(toolCount)]),
    '',
    table([['documents', 'indexed', 'a search', 'p95', 'p99', 'memory', 'a page of PDF'], documentsRow(documents)]),
    '',
    `memory after all turns   bot ${memory(usage.bot)}; bare loop ${memory(usage.bare)}`,
    `idle conversations       ${idle.conversations} of ${idle.turnsEach} turns: ${kB(idle.bytesEach)} each, ` +
      `rss ${MB(idle.rssBytes)}; sockets ${idle.socketsBefore} before, ${idle.socketsAfter} after`,
    `start, built             ${startOf(starts.built)}`,
    `start, ZIP               ${startOf(starts.bundled)}`,
    `start, two MCP servers   ${startOf(starts.withServers)}`,
    '',
    table([['to reach', 'figure', 'at most', ''], ...bars(results).map(barRow)]),
  ].join('\n');
}

function machine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? '?'}), ${memory}, ${process.platform} ${process.arch}, Node ${process.version}`;
}

function nameOf({ conversations, isCold, hasCall = false }: Scenario): string {
  return `${conversations} ${isCold ? 'cold' : 'warm'}${hasCall ? ', one call' : ''}`;
}

function totals({ scenario, bare, bot }: Figures): Row {
  return [
    nameOf(scenario),
    String(bot.turns.length),
    ...pair(bare, 'totalMs'),
    ...pair(bot, 'totalMs'),
    ms(medianOf(bot, 'totalMs') - medianOf(bare, 'totalMs')),
    ms(bare.cpuPerTurnMs),
    ms(bot.cpuPerTurnMs),
    (bot.cpuPerTurnMs / bare.cpuPerTurnMs).toFixed(2),
  ];
}

function stages({ scenario, bare, bot }: Figures): Row {
  return [
    nameOf(scenario),
    ...pair(bot, 'untilAskedMs'),
    ...pair(bot, 'afterLastDeltaMs'),
    ...pair(bare, 'afterLastDeltaMs'),
  ];
}

function startOf(starts: readonly StartTime[]): string {
  const [listening, healthy] = [starts.map(({ listeningMs }) => listeningMs), starts.map(({ healthyMs }) => healthyMs)];
  return (
    `listening after ${ms(median(listening))} ms (worst ${ms(Math.max(...listening))}), ` +
    `healthy after ${ms(median(healthy))} ms (median of ${starts.length})`
  );
}

function bars({ figures, firstTexts, idle, starts, stored, clips, toolCount, documents }: Results): Bar[] {
  return [
    ...figures.flatMap(barsOf),
    ...firstTexts.map(firstTextBar),
    ...stored.flatMap(storedBars),
    ...clips.flatMap(clipBars),
    toolCountBar(toolCount),
    ...documentBars(documents),
    { name: 'an idle conversation', figure: idle.bytesEach / 1000, most: 20, unit: 'kB' },
    {
      name: 'ZIP listens',
      figure: median(starts.bundled.map(({ listeningMs }) => listeningMs)),
      most: 1000,
      unit: 'ms',
    },
    {
      name: 'with two MCP servers: listens',
      figure: median(starts.withServers.map(({ listeningMs }) => listeningMs)),
      most: 1000,
      unit: 'ms',
    },
    {
      name: 'start to healthy',
      figure: median(starts.built.map(({ healthyMs }) => healthyMs)),
      most: 1000,
      unit: 'ms',
    },
  ];
}

/**
 * Times for one conversation, processor time for 50: with 50 unpaced conversations at once, times only measure the
 * queue for the processor, in the bare loop as well.
 */
function barsOf({ scenario, bare, bot }: Figures): Bar[] {
  const name = nameOf(scenario);
  if (scenario.conversations === 50) {
    const ratio = bot.cpuPerTurnMs / bare.cpuPerTurnMs;
    return [{ name: `${name}: CPU, bot to bare loop`, figure: ratio, most: 2.5, unit: 'times' }];
  }
  const above = medianOf(bot, 'totalMs') - medianOf(bare, 'totalMs');
  // The bare loop makes the same two responses.
  if (scenario.hasCall === true) return [{ name: `${name}: above two responses`, figure: above, most: 15, unit: 'ms' }];
  return [
    { name: `${name}: above the bare loop`, figure: above, most: 4, unit: 'ms' },
    { name: `${name}: POST to response.create`, figure: medianOf(bot, 'untilAskedMs'), most: 5, unit: 'ms' },
    { name: `${name}: last delta to reply`, figure: medianOf(bot, 'afterLastDeltaMs'), most: 15, unit: 'ms' },
  ];
}

function firstTextRow({ conversations, afterFirstDeltaMs }: FirstText): Row {
  const figures = [median(afterFirstDeltaMs), percentile(afterFirstDeltaMs, 0.99)];
  return [String(conversations), String(afterFirstDeltaMs.length), ...figures.map(ms)];
}

function firstTextBar({ conversations, afterFirstDeltaMs }: FirstText): Bar {
  const name = `${conversations} in Web Chat: first delta to first words, p99`;
  return { name, figure: percentile(afterFirstDeltaMs, 0.99), most: 50, unit: 'ms' };
}

function storedRow({ name, untilAskedMs }: StoredTurns): Row {
  return [name, String(untilAskedMs.length), ms(median(untilAskedMs)), ms(percentile(untilAskedMs, 0.99))];
}

/** If people write at the same moment, times only measure the queue for the processor. */
function storedBars({ name, isAtOnce, untilAskedMs }: StoredTurns): Bar[] {
  if (isAtOnce) return [];
  const stage = `${name}, on PostgreSQL: POST to response.create`;
  return [
    { name: `${stage}, median`, figure: median(untilAskedMs), most: 15, unit: 'ms' },
    { name: `${stage}, p99`, figure: percentile(untilAskedMs, 0.99), most: 60, unit: 'ms' },
  ];
}

function clipRow({ name, firstMs, nextMs, nextCpuMs, memoryBytes, pauseMs, idlePauseMs }: MeasuredClip): Row {
  return [name, ms(firstMs), ms(nextMs), ms(nextCpuMs), MB(memoryBytes), ms(pauseMs), ms(idlePauseMs)];
}

function clipBars({ name, nextCpuMs, memoryBytes, pauseMs }: MeasuredClip): Bar[] {
  return [
    { name: `a minute of ${name}: processor's time`, figure: nextCpuMs, most: 500, unit: 'ms' },
    { name: `a minute of ${name}: memory above its size`, figure: memoryBytes / 1e6, most: 50, unit: 'MB' },
    { name: `a minute of ${name}: longest pause of the main thread`, figure: pauseMs, most: 20, unit: 'ms' },
  ];
}

function toolCountRows({ tools, totalMs }: ToolCount): Row[] {
  const row = (name: string, values: readonly number[]) => {
    return [name, String(values.length), ms(median(values)), ms(percentile(values, 0.99))];
  };
  return [row('own functions', totalMs.without), row(`${tools} tools`, totalMs.with)];
}

function toolCountBar({ tools, totalMs }: ToolCount): Bar {
  const figure = median(totalMs.with) - median(totalMs.without);
  return { name: `${tools} tools: above own functions only`, figure, most: 1, unit: 'ms' };
}

function documentsRow({ pages, indexedMs, searchMs, memoryBytes, pdfPageMs }: MeasuredDocuments): Row {
  const searches = [median(searchMs), percentile(searchMs, 0.95), percentile(searchMs, 0.99)].map(ms);
  return [`${pages} pages`, ms(indexedMs), ...searches, MB(memoryBytes), ms(pdfPageMs)];
}

function documentBars({ pages, indexedMs, searchMs, memoryBytes, pdfPageMs }: MeasuredDocuments): Bar[] {
  const name = `${pages} pages of Markdown`;
  return [
    { name: `${name}: indexed`, figure: indexedMs, most: 5000, unit: 'ms' },
    { name: `${name}: a search, median`, figure: median(searchMs), most: 20, unit: 'ms' },
    { name: `${name}: a search, p95`, figure: percentile(searchMs, 0.95), most: 20, unit: 'ms' },
    { name: `${name}: memory`, figure: memoryBytes / 1e6, most: 150, unit: 'MB' },
    { name: 'a page of PDF', figure: pdfPageMs, most: 20, unit: 'ms' },
  ];
}

function barRow({ name, figure, most, unit }: Bar): Row {
  return [name, figure.toFixed(2), `${most} ${unit}`, figure <= most ? 'reached' : 'missed'];
}

function pair(side: Side, what: keyof TurnFigures): [string, string] {
  const values = side.turns.map((turn) => turn[what]);
  return [ms(median(values)), ms(percentile(values, 0.99))];
}

function medianOf(side: Side, what: keyof TurnFigures): number {
  return median(side.turns.map((turn) => turn[what]));
}

function memory({ rssBytes, liveBytes }: Usage): string {
  return `rss ${MB(rssBytes)}, live ${MB(liveBytes)}`;
}

function ms(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function MB(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
