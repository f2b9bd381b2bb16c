import { isRecord } from './events.ts';
import type { ToolResult } from './responder.ts';

// Turns the results of tools into speakable text: drops Markdown, links and keys that only refer to something.

const MAX_SENTENCES = 2;
const MAX_FIELDS = 6;
const MAX_LIST = 5;
const MAX_CHARS = 400;
const MAX_READ_CHARS = 20_000;
const MAX_DEPTH = 5;

/** The answer that reads out the results. */
export function spokenResults(results: readonly ToolResult[]): string {
  const spoken = results.map(({ output }) => spokenResult(output)).filter((text) => text !== '');
  return spoken.length === 0 ? 'That is done.' : spoken.join(' ');
}

function spokenResult(output: string): string {
  const bare = withoutWrappers(output.slice(0, MAX_READ_CHARS));
  const value = parsedObject(output) ?? parsedObject(bare);
  if (value === undefined) return shortText(bare);
  if (isRecord(value) && typeof value['error'] === 'string') return `That did not work: ${shortText(value['error'])}`;
  // The statuses are those of src/tools/run-calls.ts.
  const status = isRecord(value) ? String(value['status']) : '';
  if (status.startsWith('waiting for')) return 'That waits for your approval.';
  if (status.startsWith('denied by the user')) return 'I did not do that, as you wished.';
  if (status.startsWith('done already')) return 'That was done before.';
  return fieldsOf('', value, 0).slice(0, MAX_FIELDS).join(' ');
}

function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Lines that frame a result for the model: numbers and titles of sources, notices, tags, and words about data. */
const WRAPPERS = [
  /^\[\d{1,3}\] .*$/gm,
  /^\[link\] .*$/gm,
  /^\[[^\]\n]{0,300}\]$/gm,
  /^<\/?[a-z][^>\n]{0,300}>$/gim,
  /^(?:```.*|-{3,}|={3,})$/gm,
  /^.{0,300}\b(?:(?:not|no|never)\b.{0,40}\binstructions|untrusted)\b.{0,300}$/gim,
];

/** Keeps the words of a text that has nothing else. */
function withoutWrappers(text: string): string {
  const bare = WRAPPERS.reduce((rest, wrapper) => rest.replaceAll(wrapper, ''), text);
  return bare.trim() === '' ? text.replace(/^\[([^\]\n]{4,})\]/, '$1') : bare;
}

/** Keys whose values only refer to something. */
const SILENT_KEY = /^(?:ref_?id|uri|url|link|path|file|file_?name|page|score|terms|source|citation)s?$/i;

/** "Key value." for each field, nested ones with the keys before. */
function fieldsOf(name: string, value: unknown, depth: number): readonly string[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return listOf(name, value, depth);
  if (isRecord(value)) {
    const fields = Object.entries(value).filter(([key]) => !SILENT_KEY.test(key));
    return fields.flatMap(([key, field]) => fieldsOf(`${name} ${humanizeKey(key)}`.trim(), field, depth + 1));
  }
  const text = value === null || value === undefined ? '' : shortText(valueText(value));
  return text === '' ? [] : [sentence(`${name} ${text}`.trim())];
}

function listOf(name: string, values: readonly unknown[], depth: number): readonly string[] {
  const shown = values.slice(0, MAX_LIST);
  if (!shown.some((value) => typeof value === 'object')) return fieldsOf(name, shown.map(valueText).join(', '), depth);
  return shown.flatMap((value) => fieldsOf(name, value, depth + 1));
}

function valueText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** `orderNumber` and `order_number` as "order number". */
function humanizeKey(key: string): string {
  return key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .toLowerCase();
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
/** Advice for the model, which is not for the user. */
const ADVICE = /^(?:try (?:other|again)|do not|don['’]t|tell the user|say that|answer (?:with|from)|call it)\b/i;

/** The first sentences, in plain words. */
function shortText(text: string): string {
  const sentences = Array.from(SENTENCES.segment(plainWords(text)), ({ segment }) => segment.trim());
  const forUser = sentences.filter((each) => !ADVICE.test(each));
  const short = (forUser.length > 0 ? forUser : sentences).slice(0, MAX_SENTENCES).join(' ');
  return ended(short.length > MAX_CHARS ? `${short.slice(0, MAX_CHARS)}…`.toWellFormed() : short);
}

const LINK = /!?\[([^\]\n]{0,300})\]\([^)\s]{0,1000}\)/g;
const MARKER = /\s?(?:\[\d{1,3}\]|【[^】\n]{0,100}】)/g;
const URL_TEXT = /\bhttps?:\/\/\S{1,1000}/gi;
const LINE_MARK = /^[ \t]{0,8}(?:#{1,6}|>|[-*+])[ \t]+/gm;
/** An end of a paragraph, such as a heading, without a mark: it ends a sentence. */
const PARAGRAPH_END = /([^\s.!?:;,…]) {0,4}\n[ \n]{0,20}\n(?=\S)/g;
const WORD = /[\w~./\\:-]{3,}/g;
const FILE_NAME =
  /^(?:.*\.(?:md|markdown|txt|html?|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml|xml|png|jpe?g|gif|svg|[jt]s|py|log|zip)|(?:[a-z]:)?(?:[\\/][^\\/]+){2,20})$/i;

function withoutFileName(word: string): string {
  const name = word.replace(/[.:]+$/, '');
  return FILE_NAME.test(name) ? `the file${word.slice(name.length)}` : word;
}

function plainWords(text: string): string {
  return text
    .slice(0, MAX_CHARS * 10)
    .replaceAll(LINK, '$1')
    .replaceAll(MARKER, '')
    .replaceAll(URL_TEXT, '')
    .replaceAll(LINE_MARK, '')
    .replaceAll(WORD, withoutFileName)
    .replaceAll(/\b(?:the )?file the file\b/gi, 'the file')
    .replaceAll(PARAGRAPH_END, '$1. ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function sentence(text: string): string {
  return ended(`${text.charAt(0).toUpperCase()}${text.slice(1)}`);
}

function ended(text: string): string {
  return text === '' || /[.!?…:]$/.test(text) ? text : `${text}.`;
}
