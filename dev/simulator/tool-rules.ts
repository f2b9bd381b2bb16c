import type { ScriptedCall } from './responder.ts';
import { type ActionWords, plausibleArguments } from './schema-arguments.ts';
import type { ToolDefinition } from './tool-definition.ts';

type Call = ScriptedCall['call'];
type Tools = readonly ToolDefinition[];

/** A pattern that requests a call. It counts only if the client declares a tool for it. */
interface ToolRule {
  /** The expression needs the flag `g`. */
  readonly pattern: RegExp;
  /** Whether the text after the match, up to the next one, belongs to the call. */
  readonly takesRest: boolean;
  /** Whether it counts only at the start of a sentence or after a word such as "please". Default: anywhere. */
  readonly isOnlyAtStart?: boolean;
  readonly find: (tools: Tools, match: RegExpExecArray) => ToolDefinition | undefined;
  /** Returns undefined if the rest says too little. */
  readonly args: (match: RegExpExecArray, rest: string, tool: ToolDefinition) => Record<string, unknown> | undefined;
  /** An example of a user's text. */
  readonly example: string;
}

const named = (name: string) => (tools: Tools) => tools.find((tool) => tool.name === name);

/** The first tool with the first of these parts in its name, else with the next one. */
const containing =
  (...parts: readonly string[]) =>
  (tools: Tools) =>
    parts.map((part) => tools.find(({ name }) => name.toLowerCase().includes(part))).find((tool) => tool !== undefined);

const RULES: readonly ToolRule[] = [
  {
    pattern: /\b(?:order|bestellung)\s+(?:(?:number|no\.?|nr\.?|nummer)\s*)?#?(\d{1,20})\b/gi,
    takesRest: false,
    find: named('order_status'),
    args: ([, orderNumber]) => ({ orderNumber }),
    example: 'order 4711',
  },
  {
    pattern:
      /\bwhat time is it\b|\bwhat(?:['’]s| is) the (?:current )?(?:time|date)\b|\bwhat day is (?:it|today)\b|\btoday['’]?s date\b|\bcurrent (?:time|date)\b|\bwie spät\b|\bwie ?viel uhr\b|\bwelche[rs] (?:datum|tag)\b/gi,
    takesRest: false,
    find: named('current_time'),
    args: () => ({}),
    example: 'what time is it',
  },
  {
    pattern:
      /\b(?:search (?:in |through )?|what (?:does|do) )(?:the |our |my )?(?:handbook|manual|documents?|docs) (?:say )?(?:for|about|on)\b/gi,
    takesRest: true,
    find: named('search_documents'),
    args: (_, query) => (query === '' ? undefined : { query }),
    example: 'search the handbook for holidays',
  },
  {
    pattern: /\b(?:delete|lösche)\b/gi,
    takesRest: true,
    isOnlyAtStart: true,
    find: containing('delete'),
    args: (_, rest, tool) =>
      rest === '' ? undefined : plausibleArguments(tool.parameters, { subject: subjectOf(rest), content: '' }),
    example: 'delete notes.txt',
  },
  {
    pattern: /\b(?:write|create) (?:a |the )?(?:new )?(?:text )?file\b/gi,
    takesRest: true,
    isOnlyAtStart: true,
    find: containing('write_file', 'create_file'),
    args: (_, rest, tool) => plausibleArguments(tool.parameters, subjectAndContent(rest)),
    example: 'write a file notes.txt with hello',
  },
  {
    pattern: /\bcreate (?:an? |the )?(?:new )?([a-z]{1,40})\b/gi,
    takesRest: true,
    isOnlyAtStart: true,
    find: (tools, [, noun = '']) => containing('create')(tools.filter(({ name }) => isAbout(name, noun))),
    args: (_, rest, tool) => plausibleArguments(tool.parameters, subjectAndContent(rest)),
    example: 'create a ticket',
  },
];

/** Any tool that creates may create a file; all else has to be in its name. */
function isAbout(name: string, noun: string): boolean {
  const kind = noun.toLowerCase();
  return kind === 'file' || name.toLowerCase().includes(kind === 'folder' ? 'directory' : kind);
}

interface Match {
  readonly rule: ToolRule;
  readonly tool: ToolDefinition;
  readonly found: RegExpExecArray;
  readonly start: number;
  readonly end: number;
}

const MAX_CALLS = 8;
/** Only so much of a message is searched: requests are at its start. */
const MAX_READ_CHARS = 2_000;
const EXACT = /^call\s+([A-Za-z0-9_-]{1,64})\s*(\{.*|[.!]?)$/is;

/** The calls that a message asks for, in its order. */
export function callsFor(text: string, tools: Tools): readonly Call[] {
  const exact = EXACT.exec(text);
  const tool = tools.find(({ name }) => name === exact?.[1]);
  if (tool !== undefined) return [{ name: tool.name, arguments: exact?.[2]?.startsWith('{') ? exact[2] : '{}' }];
  const read = text.slice(0, MAX_READ_CHARS);
  const matches = requestsIn(read, matchesIn(read, tools));
  const calls = matches.flatMap((match, at) => callOf(match, read.slice(match.end, matches[at + 1]?.start)));
  const isNew = (call: Call, at: number) => calls.findIndex((other) => isSame(call, other)) === at;
  return calls.filter(isNew).slice(0, MAX_CALLS);
}

/** What a user may type with these tools, for the help. */
export function toolExamples(tools: Tools): readonly string[] {
  return RULES.map(({ example }) => example).filter((example) => matchesIn(example, tools).length > 0);
}

const REQUEST = /(?:^|[.!?,;:\n])\s*$|\b(?:and|then|please|you|to|und|bitte)\s+$/i;
const MAX_BEFORE_CHARS = 20;

function matchesIn(text: string, tools: Tools): readonly Match[] {
  const matches = RULES.flatMap((rule) =>
    Array.from(text.matchAll(rule.pattern), (found) => {
      const isRequest =
        rule.isOnlyAtStart !== true ||
        REQUEST.test(text.slice(Math.max(0, found.index - MAX_BEFORE_CHARS), found.index));
      const tool = isRequest ? rule.find(tools, found) : undefined;
      return tool && { rule, tool, found, start: found.index, end: found.index + found[0].length };
    }),
  );
  return matches.filter((match) => match !== undefined).toSorted((a, b) => a.start - b.start);
}

const CONNECTIVE = /(?:[.,;!?\n]|\b(?:and|then|also|und)(?: please)?)\s*$/i;

/** Leaves out what is only a part of another request: "search the handbook for order 4711" is one request. */
function requestsIn(text: string, matches: readonly Match[]): readonly Match[] {
  const requests: Match[] = [];
  for (const match of matches) {
    const previous = requests.at(-1);
    const isOverlapping = previous !== undefined && match.start < previous.end;
    const isOfPrevious = previous?.rule.takesRest && !CONNECTIVE.test(text.slice(previous.end, match.start));
    if (!isOverlapping && !isOfPrevious) requests.push(match);
  }
  return requests;
}

const REST_END = /[\s.,;!?]*(?:\b(?:and|then|also|und)(?: please)?[\s,]*)?$/i;

function callOf({ rule, tool, found }: Match, rest: string): readonly Call[] {
  const args = rule.args(found, rest.replace(REST_END, '').trim(), tool);
  return args === undefined ? [] : [{ name: tool.name, arguments: JSON.stringify(args) }];
}

function isSame(call: Call, other: Call): boolean {
  return call.name === other.name && call.arguments === other.arguments;
}

const CONTENT =
  /^(.*?)\s*(?:\b(?:with|containing|saying|that says)\s|:\s)\s*(?:the )?(?:(?:text|contents?|words?)\b:?\s*)?(.+)$/is;

/** "notes.txt with the text hello": a subject and a content. */
function subjectAndContent(rest: string): ActionWords {
  const [, subject = rest, content = ''] = CONTENT.exec(rest) ?? [];
  return { subject: subjectOf(subject), content: unquoted(content) };
}

const LEAD = /^(?:(?:the|an?|my|our|file|document|folder|directory|called|named|titled|for|about)\s+)+/i;

function subjectOf(text: string): string {
  return unquoted(text.trim().replace(LEAD, ''));
}

function unquoted(text: string): string {
  return text.trim().replace(/^["“'`](.*)["”'`]$/s, '$1');
}
