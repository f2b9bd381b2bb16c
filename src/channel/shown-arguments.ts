import type { Messages } from '../messages/messages.ts';
import { argumentsJson } from '../tools/call-text.ts';

/** The arguments of a call, as shown to the user who decides about it. */
export interface ShownArguments {
  /** One line for each argument, in the order and the form in which the model wrote them. */
  readonly lines: readonly string[];
  /** Whether they are no JSON object, name something twice, or are too many to be shown. */
  readonly isUnusual: boolean;
}

interface Member {
  readonly key: string;
  readonly value: string;
}

type Cut = (text: string, maxChars: number) => string;

const MAX_LINES = 25;
const MAX_KEY_CHARS = 100;
/** The values share this, but each has at least the minimum. Short enough that `splitMarkdown` never cuts a line. */
const MAX_CHARS = 1_500;
const MIN_VALUE_CHARS = 300;
const MAX_NESTED_STRING_CHARS = 100;

/** The tokens of valid JSON. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
const PLAIN_KEY = /^"([\w.-]+)"$/;
/** What clients hide, or use to change the order of what stands around it. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Returns the arguments as people have to see them before they decide. Long values are cut in the middle, so that no
 * value hides another one. Hidden characters are shown as escapes.
 */
export function shownArguments(argumentsText: string, { approval: texts, language }: Messages): ShownArguments {
  const cut: Cut = (text, maxChars) => {
    if (text.length <= maxChars) return text;
    const side = Math.floor(maxChars / 2);
    const notice = texts.cut((text.length - 2 * side).toLocaleString(language));
    return `${text.slice(0, side)} … ${notice} … ${text.slice(-side)}`.toWellFormed();
  };
  const text = argumentsJson(argumentsText).trim();
  if (!isObject(text)) return { lines: [cut(visible(text.replace(/\s+/g, ' ')), MAX_CHARS)], isUnusual: true };
  const members = membersOf(text, cut);
  const maxChars = Math.max(MIN_VALUE_CHARS, Math.floor(MAX_CHARS / members.length));
  const lines = members.map(({ key, value }) => `${cut(key, MAX_KEY_CHARS)}: ${cut(value, maxChars)}`);
  const leftOut = lines.splice(MAX_LINES).join('');
  if (leftOut !== '') lines.push(texts.cut(leftOut.length.toLocaleString(language)));
  return { lines: members.length === 0 ? ['{}'] : lines, isUnusual: leftOut !== '' || namesTwice(text) };
}

function isObject(text: string): boolean {
  try {
    return text.startsWith('{') && JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}

/** Whether valid JSON names something twice, so that the last value counts, or is too deeply nested to know. */
function namesTwice(json: string): boolean {
  try {
    return nameCount(json) !== nameCount(JSON.stringify(JSON.parse(json)));
  } catch {
    return true;
  }
}

function nameCount(json: string): number {
  return Array.from(json.matchAll(TOKENS)).filter(([token]) => token === ':').length;
}

/** Returns the outer names with their values, as written but for the white space between tokens. */
function membersOf(json: string, cut: Cut): readonly Member[] {
  const members: Member[] = [];
  let [key, value, depth] = ['', '', 0];
  // A bracket belongs to the depth outside of it, so the outer braces have depth 0. At depth 1 a name comes first, then
  // `:`, then the value, up to `,` or to the outer `}`.
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '}' || token === ']') depth--;
    if (depth === 0 || (depth === 1 && token === ',')) {
      if (key !== '') members.push({ key, value });
      [key, value] = ['', ''];
    } else if (key === '') key = visible(token).replace(PLAIN_KEY, '$1');
    else if (depth > 1) value += nested(token, cut);
    else if (token !== ':') value += visible(token);
    if (token === '{' || token === '[') depth++;
  }
  return members;
}

function nested(token: string, cut: Cut): string {
  if (token === ',' || token === ':') return `${token} `;
  return token.startsWith('"') ? cut(visible(token), MAX_NESTED_STRING_CHARS) : visible(token);
}

function visible(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.toWellFormed().replace(HIDDEN, (found) => found.split('').map(escaped).join(''));
}
