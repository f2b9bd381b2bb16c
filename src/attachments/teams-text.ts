import { shownName } from './file-name.ts';
import { type Attributes, type HtmlVisitor, walkHtml } from './html-walk.ts';

/** The text of a message as Teams shows it, from the HTML that it sends beside the activity's text. */
export interface TeamsText {
  /** Without what it answers or passes on. Mentions stand as `<at>name</at>`. */
  readonly text: string;
  /** The same without pictures: what the activity's text holds, too. */
  readonly plain: string;
  /** What Teams leaves out of the activity's text: emoji, GIFs and stickers, as they stand in `text`. */
  readonly marks: readonly string[];
  readonly hasCode: boolean;
  /** The ids of attachments that stand in the message. */
  readonly attachmentIds: readonly string[];
}

/** More is no message of Teams, whose largest is about 100 kB. */
const MAX_HTML_CHARS = 200_000;
const MAX_LANGUAGE_CHARS = 32;
const SCHEMA = 'http://schema.skype.com/';
/** Elements that begin and end a line. */
export const LINES: ReadonlySet<string> = new Set([
  'p',
  'br',
  'div',
  'li',
  'tr',
  'h1',
  'h2',
  'h3',
  'pre',
  'blockquote',
]);
/** Elements whose text is not shown. */
export const HIDDEN: ReadonlySet<string> = new Set(['script', 'style', 'title']);
/** A person's own emoji have names in their place. */
const EMOJI = /^[\p{Emoji}\p{Emoji_Component}\p{Extended_Pictographic}]{1,32}$/u;
const PLAIN_TEXT = /^[\p{ASCII}]*$/u;

/** Reads the `text/html` that Teams sends along with a message. */
export function readTeamsText(html: string): TeamsText {
  const reading = new TeamsTextReading();
  walkHtml(html.slice(0, MAX_HTML_CHARS), reading);
  return reading.end();
}

/**
 * An emoji, a GIF or a sticker in place of a picture; `undefined` for any other picture. Tenants have emoji of their
 * own, whose `alt` is a description.
 */
export function markOf(attributes: Attributes): string | undefined {
  const type = attributes.get('itemtype') ?? '';
  const name = shownName(attributes.get('alt'))?.replace(/(^| )\(?GIF( Image)?\)?$/i, '');
  switch (type.startsWith(SCHEMA) ? type.slice(SCHEMA.length) : '') {
    case 'Emoji':
      return emojiOf(attributes);
    case 'Giphy':
    case 'Tenor':
      return named('GIF', name);
    case 'Sticker':
      return named('sticker', name);
    default:
      return markOfAddress(attributes.get('src') ?? '', name, emojiIn(attributes));
  }
}

/** The same by a picture's address, where nothing else tells what it is. */
export function markOfAddress(address: string, name?: string, emoji?: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname } = new URL(address);
  if (/(^|\.)(giphy|tenor)\.com$/.test(hostname)) return named('GIF', name);
  if (hostname !== 'statics.teams.cdn.office.net') return undefined;
  if (emoji !== undefined) return emoji;
  const id = /\/([\w-]{1,64})\/default\/[^/]*$/.exec(pathname)?.[1];
  return pathname.includes('/stickerassets/') || id === undefined ? named('sticker', name) : `:${id}:`;
}

function emojiOf(attributes: Attributes): string {
  const id = shownName(attributes.get('itemid'));
  return emojiIn(attributes) ?? (id === undefined ? (shownName(attributes.get('alt')) ?? ':emoji:') : `:${id}:`);
}

function emojiIn(attributes: Attributes): string | undefined {
  const alt = attributes.get('alt')?.trim() ?? '';
  return EMOJI.test(alt) && !PLAIN_TEXT.test(alt) ? alt : undefined;
}

function named(what: string, name: string | undefined): string {
  return name ? `[${what}: ${name}]` : `[${what}]`;
}

/** What is gathered on the way, a line at a time. */
class TeamsTextReading implements HtmlVisitor {
  readonly #lines: string[] = [];
  readonly #marks: string[] = [];
  readonly #attachmentIds: string[] = [];
  #line = '';
  #plain = '';
  /** How many blocks of a quotation are open. */
  #quoteDepth = 0;
  /** The element whose text is not shown, and the one that mentions somebody. */
  #hidden: string | undefined;
  #mention: string | undefined;
  #code: { language: string; text: string } | undefined;
  #hasCode = false;

  open(tag: string, attributes: Attributes): void {
    const type = attributes.get('itemtype') ?? '';
    const isQuote = type === `${SCHEMA}Reply` || type === `${SCHEMA}Forward`;
    if (tag === 'blockquote' && (isQuote || this.#quoteDepth > 0)) this.#quoteDepth++;
    if (this.#quoteDepth > 0 || this.#hidden !== undefined) return;
    if (tag === 'attachment') this.#attachmentIds.push(attributes.get('id') ?? '');
    if (HIDDEN.has(tag)) this.#hidden = tag;
    if (LINES.has(tag)) this.#endLine();
    if (tag === 'img') this.#mark(markOf(attributes));
    if (tag === 'pre') this.#code = { language: languageOf(attributes), text: '' };
    if (tag === 'code' && this.#code?.language === '') this.#code.language = languageOf(attributes);
    if (this.#mention === undefined && (tag === 'at' || type === `${SCHEMA}Mention`)) {
      this.#mention = tag;
      this.text('<at>');
    }
  }

  close(tag: string): void {
    if (tag === 'blockquote' && this.#quoteDepth > 0) this.#quoteDepth--;
    if (this.#hidden === tag) this.#hidden = undefined;
    if (this.#quoteDepth > 0 || this.#hidden !== undefined) return;
    if (this.#mention === tag) {
      this.#mention = undefined;
      this.text('</at>');
    }
    if (tag === 'pre') this.#endCode();
    if (LINES.has(tag)) this.#endLine();
  }

  text(piece: string): void {
    if (this.#quoteDepth > 0 || this.#hidden !== undefined) return;
    this.#plain += piece;
    if (this.#code === undefined) this.#line += piece;
    else this.#code.text += piece.replaceAll('\u00a0', ' ');
  }

  end(): TeamsText {
    this.#endCode();
    this.#endLine();
    return {
      text: this.#lines.join('\n'),
      plain: this.#plain,
      marks: this.#marks,
      hasCode: this.#hasCode,
      attachmentIds: this.#attachmentIds,
    };
  }

  #mark(mark: string | undefined): void {
    if (mark === undefined) return;
    this.#marks.push(mark);
    this.#line += mark;
  }

  /** White space counts once, besides in code. */
  #endLine(): void {
    if (this.#code !== undefined) this.#code.text += '\n';
    const line = this.#line.replace(/[\p{Cc}\s]+/gu, ' ').trim();
    if (line !== '') this.#lines.push(line);
    this.#line = '';
  }

  #endCode(): void {
    const code = this.#code;
    this.#code = undefined;
    const fenced = code && fencedCode(code.text, code.language);
    if (!fenced) return;
    this.#hasCode = true;
    this.#lines.push(fenced);
  }
}

/** A block of code in Markdown, behind a fence that nothing in it can end; empty where there is no code. */
export function fencedCode(code: string, language = ''): string {
  const lines = code.replace(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd();
  const longest = (lines.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = '`'.repeat(longest + 1);
  return lines === '' ? '' : `${fence}${language}\n${lines}\n${fence}`;
}

function languageOf(attributes: Attributes): string {
  return /(?:^|\s)language-([\w+#.-]+)/.exec(attributes.get('class') ?? '')?.[1]?.slice(0, MAX_LANGUAGE_CHARS) ?? '';
}
