import { textOf } from '../json-access.ts';
import { shownName } from './file-name.ts';
import type { Attributes } from './html-walk.ts';
import { teamsType } from './teams-marks.ts';
import { HIDDEN, type TeamsVisitor, walkTeamsHtml } from './teams-walk.ts';

/** What a message answers or passes on. */
export interface Quote {
  readonly of: 'reply' | 'forward';
  /** As `shownName` gives it. Teams names none for what is forwarded. */
  readonly author: string | undefined;
  /** Lines without empty ones among them; empty where the text is not given, as of a message that was deleted. */
  readonly text: string;
}

/** A quote as it is sent, with the id of the message that it is taken from. */
export interface SentQuote extends Quote {
  readonly messageId: string | undefined;
}

export interface TeamsPicture {
  readonly address: string;
  /** Of the attachment that it is at the channel's service. */
  readonly attachmentId: string | undefined;
}

/** What Teams says of a message in its HTML and nowhere else. */
export interface TeamsHtml {
  readonly quotes: readonly SentQuote[];
  /** Besides those in what is answered. */
  readonly pictures: readonly TeamsPicture[];
  /** The addresses of emoji, GIFs and stickers, which may be attached as pictures, too. */
  readonly markAddresses: readonly string[];
  readonly hasSound: boolean;
  readonly hasVideo: boolean;
  /** A card or a recording stands here, of which the bot is told nothing. */
  readonly hasExtension: boolean;
}

const MAX_QUOTES = 5;
/** Teams itself shortens what is answered; what is forwarded is what the message is about. */
const MAX_QUOTED_CHARS = { reply: 500, forward: 8_000 } as const;
const MAX_AUTHOR_CHARS = 200;
const MAX_ID_CHARS = 256;

const QUOTES: ReadonlyMap<string, Quote['of']> = new Map([
  ['Reply', 'reply'],
  ['Forward', 'forward'],
]);

/** Reads the `text/html` that Teams sends along with a message; its text itself comes in the activity. */
export function readTeamsHtml(html: string): TeamsHtml {
  const reading = new TeamsHtmlReading();
  walkTeamsHtml(html, reading);
  return reading.end();
}

/** A quote that is being read, and how many blocks are open in it. */
interface OpenQuote {
  readonly of: Quote['of'];
  readonly messageId: string | undefined;
  depth: number;
  author: string;
  text: string;
}

/** What is gathered on the way. Invariant: outside of a quote there is no field. */
class TeamsHtmlReading implements TeamsVisitor {
  readonly #quotes: SentQuote[] = [];
  readonly #pictures: TeamsPicture[] = [];
  readonly #markAddresses: string[] = [];
  #hasSound = false;
  #hasVideo = false;
  #hasExtension = false;
  #quote: OpenQuote | undefined;
  /** The element that is read besides the text: who wrote it, or when. */
  #field: { readonly tag: string; readonly of: string } | undefined;

  open(tag: string, attributes: Attributes, mark: string | undefined): void {
    if (tag === 'blockquote') this.#openQuote(attributes);
    if (mark !== undefined) this.#markAddresses.push(attributes.get('src') ?? '');
    else if (this.#quote?.of !== 'reply') this.#note(tag, attributes);
    if (this.#quote !== undefined) this.#openInQuote(tag, attributes, mark);
  }

  close(tag: string): void {
    if (this.#quote === undefined) return;
    if (this.#field?.tag === tag) this.#field = undefined;
    if (tag === 'blockquote' && --this.#quote.depth === 0) this.#closeQuote();
  }

  text(piece: string): void {
    const quote = this.#quote;
    if (quote === undefined) return;
    if (this.#field === undefined) {
      // White space is taken out later: a bound on what is kept until then.
      if (quote.text.length < 4 * MAX_QUOTED_CHARS[quote.of]) quote.text += piece;
    } else if (this.#field.of === 'mri' && quote.author.length < MAX_AUTHOR_CHARS) quote.author += piece;
  }

  line(): void {
    if (this.#quote !== undefined) this.#quote.text += '\n';
  }

  end(): TeamsHtml {
    this.#closeQuote();
    return {
      quotes: this.#quotes,
      pictures: this.#pictures,
      markAddresses: this.#markAddresses,
      hasSound: this.#hasSound,
      hasVideo: this.#hasVideo,
      hasExtension: this.#hasExtension,
    };
  }

  #openQuote(attributes: Attributes): void {
    if (this.#quote !== undefined) {
      this.#quote.depth++;
      return;
    }
    const of = QUOTES.get(teamsType(attributes));
    if (of === undefined) return;
    this.#quote = { of, messageId: attributes.get('itemid'), depth: 1, author: '', text: '' };
  }

  #openInQuote(tag: string, attributes: Attributes, mark: string | undefined): void {
    const property = attributes.get('itemprop') ?? '';
    if (this.#field === undefined && HIDDEN.has(tag)) this.#field = { tag, of: 'nothing' };
    if (this.#field === undefined && (property === 'mri' || property === 'time')) this.#field = { tag, of: property };
    if (tag === 'img') this.text(mark ?? attributes.get('alt') ?? '');
  }

  #note(tag: string, attributes: Attributes): void {
    if (tag === 'img') this.#pictures.push(pictureOf(attributes));
    if (tag === 'audio') this.#hasSound = true;
    if (tag === 'video') this.#hasVideo = true;
    if (teamsType(attributes) === 'InputExtension') this.#hasExtension = true;
  }

  #closeQuote(): void {
    const quote = this.#quote;
    this.#quote = undefined;
    this.#field = undefined;
    if (quote === undefined || this.#quotes.length === MAX_QUOTES) return;
    const { of, messageId } = quote;
    const text = quotedText(quote.text, of);
    if (text !== '') this.#quotes.push({ of, author: shownName(quote.author), text, messageId });
  }
}

function pictureOf(attributes: Attributes): TeamsPicture {
  const isAttachment = teamsType(attributes) === 'AMSImage';
  const attachmentId = isAttachment ? textOf(attributes.get('itemid'), MAX_ID_CHARS) : undefined;
  return { address: attributes.get('src') ?? '', attachmentId };
}

/** What is quoted, without empty lines and within its bound. */
export function quotedText(text: string, of: Quote['of']): string {
  return shortened(plainLines(text), MAX_QUOTED_CHARS[of]);
}

/** The lines that hold something, each with single spaces. */
function plainLines(text: string): string {
  const lines = text.split(/[\n\r\u2028\u2029]/u).map((line) => line.replace(/[\p{Cc}\s]+/gu, ' ').trim());
  return lines.filter((line) => line !== '').join('\n');
}

function shortened(text: string, maxChars: number): string {
  return text.length <= maxChars ? text.toWellFormed() : `${text.slice(0, maxChars - 1).toWellFormed()}…`;
}
