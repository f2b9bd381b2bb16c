import type { Activity, Entity } from 'botbuilder';
import type { Messages } from '../messages/messages.ts';
import { paragraphs } from '../paragraphs.ts';
import type { Source } from '../tools/tool.ts';

/**
 * How a channel shows citations. `entity`: numbers in the text and an entity that names the sources.
 * `definitions`: the same, and a Markdown definition for each number, which Web Chat makes a list of. `list`: a list of
 * its own below the text.
 */
export type SourceStyle = 'entity' | 'definitions' | 'list';

/** Agents Playground refuses a message with more claims; Teams takes 20. */
const MAX_SOURCES = 10;
/** Teams refuses a message with a longer name. */
const MAX_NAME_CHARS = 80;

/** The schema.org entity for the whole message. Teams and Agents Playground refuse a message with two of these. */
export const MESSAGE_ENTITY = {
  type: 'https://schema.org/Message',
  '@type': 'Message',
  '@context': 'https://schema.org',
  '@id': '',
};

/**
 * The message with its sources below it. Only adds to the text: what was streamed is never taken back. A list that
 * would make a message longer than `maxChars` follows in messages of its own.
 */
export function withSources(
  message: Partial<Activity>,
  sources: readonly Source[],
  style: SourceStyle,
  messages: Messages,
  maxChars: number,
): Partial<Activity>[] {
  if (sources.length === 0) return [message];
  const named = sources.slice(0, MAX_SOURCES).map((source) => ({ ...source, name: nameOf(source, messages) }));
  if (style === 'list') return withList(message, listsOf(named, messages.sources.heading, maxChars), maxChars);
  const numbers = named.map((_, at) => `[${at + 1}]`).join(' ');
  const definitions = style === 'definitions' ? named.map(definition) : [];
  const text = paragraphs(withNumbers(message.text ?? '', numbers), definitions.join('\n'));
  return [{ ...message, text, entities: withClaims(message.entities, named) }];
}

function definition({ url, name }: NamedSource, at: number): string {
  const address = url === undefined ? `cite:${at + 1}` : linkable(url);
  // The name stands in quotation marks.
  return `[${at + 1}]: ${address} "${name.replaceAll(/["\\]/g, "'")}"`;
}

/** The last line of code, a table, a rule or an underlined heading: numbers on it would join or break that block. */
const ENDS_BLOCK = /^(?: {4}|\t|[ >]*(?:`{3}|~{3}|\|))|\|$|^[ >]*[-=*_][-=*_ ]*$/;

/** The numbers stand beside the last words where they can. */
function withNumbers(text: string, numbers: string): string {
  const lines = text.trimEnd();
  const last = lines.slice(lines.lastIndexOf('\n') + 1);
  return ENDS_BLOCK.test(last) ? paragraphs(text, numbers) : `${text} ${numbers}`;
}

interface NamedSource extends Source {
  readonly name: string;
}

function nameOf({ title, page }: Source, { sources }: Messages): string {
  const place = page === undefined ? '' : `, ${sources.page(page)}`;
  const plain = title.replaceAll(/\s+/g, ' ').trim();
  return `${plain.slice(0, MAX_NAME_CHARS - place.length).toWellFormed()}${place}`;
}

function withList(message: Partial<Activity>, lists: readonly string[], maxChars: number): Partial<Activity>[] {
  const [whole = '', ...others] = lists;
  const below = paragraphs(message.text ?? '', whole);
  if (others.length === 0 && below.length <= maxChars) return [{ ...message, text: below }];
  const { type, textFormat } = message;
  return [message, ...lists.map((text) => ({ type, textFormat, text }) as Partial<Activity>)];
}

/** The numbered sources, in as few texts as possible. The first has the heading. */
function listsOf(named: readonly NamedSource[], heading: string, maxChars: number): string[] {
  const maxLineChars = maxChars - paragraphs(heading, '\n').length;
  const [first = '', ...others] = named.map((source, at) => listed(source, at, maxLineChars));
  const lists = [paragraphs(heading, first)];
  for (const line of others) {
    const list = `${lists.at(-1)}\n${line}`;
    if (list.length <= maxChars) lists[lists.length - 1] = list;
    else lists.push(line);
  }
  return lists;
}

/** The line of a source. A link that would make it too long is left out. */
function listed({ name, url }: NamedSource, at: number, maxChars: number): string {
  const text = name.replaceAll(/[\\`*_[\]<>()#|!]/g, '\\$&');
  const plain = `${at + 1}. ${text}`;
  const linked = url === undefined ? plain : `${at + 1}. [${text}](${linkable(url)})`;
  return linked.length <= maxChars ? linked : plain;
}

/** Parentheses and spaces would end the link. */
function linkable(url: string): string {
  return url.replaceAll(/[()\s]/g, (found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The claims stand in the entity that marks the message as made by AI, where there is one. */
function withClaims(entities: readonly Entity[] = [], named: readonly NamedSource[]): Entity[] {
  const label = entities.find(({ type }) => type === MESSAGE_ENTITY.type);
  const others = entities.filter((entity) => entity !== label);
  const citation = named.map(({ name, url }, at) => ({
    '@type': 'Claim',
    position: at + 1,
    // Teams requires an abstract. Web Chat shows the text of a source without an address.
    appearance: { '@type': 'DigitalDocument', name, abstract: name, ...(url === undefined ? { text: name } : { url }) },
  }));
  return [...others, { ...(label ?? MESSAGE_ENTITY), citation }];
}
