import { textOf } from '../json-access.ts';
import { fencedCode } from './cards.ts';
import { shownName } from './file-name.ts';
import { type Attributes, type HtmlHandler, tokenizeHtml } from './html-tokens.ts';
import { MAX_ID_CHARS, MAX_QUOTED_CHARS, MAX_QUOTES, type Quote, quotedText, type SentQuote } from './quotes.ts';
import { pictogramOf, teamsType } from './teams-pictograms.ts';

export interface TeamsPicture {
  readonly address: string;
  /** The attachment at the channel's service that holds the picture. */
  readonly attachmentId: string | undefined;
}

/** A message as Teams shows it, from the HTML that it sends beside the activity's text. */
export type TeamsHtml = ReturnType<typeof emptyMessage>;

function emptyMessage() {
  return {
    /** The text without quotes and forwarded messages. Mentions are written `<at>name</at>`. */
    text: '',
    /** The same text without pictograms, as in the activity. */
    plain: '',
    /** Emoji, GIFs and stickers as written in `text`. Teams leaves them out of the activity's text. */
    pictograms: [] as string[],
    /** The addresses of their pictures, which may be attached, too. */
    pictogramAddresses: [] as string[],
    hasCode: false,
    /** The ids of attachments that have a place in the message. */
    attachmentIds: [] as string[],
    quotes: [] as SentQuote[],
    /** The pictures outside of quotes. */
    pictures: [] as TeamsPicture[],
    hasAudio: false,
    hasVideo: false,
    /** Whether the HTML has the place of a card or recording that the bot does not get. */
    hasExtension: false,
  };
}

/** Teams sends about 100 kB at most. */
const MAX_HTML_CHARS = 200_000;
const MAX_AUTHOR_CHARS = 200;
const MAX_LANGUAGE_CHARS = 32;
/** Elements that begin and end a line. */
const BLOCKS: ReadonlySet<string> = new Set('p br div li tr table hr h1 h2 h3 h4 h5 h6 pre blockquote'.split(' '));
const CELLS: ReadonlySet<string> = new Set(['td', 'th']);
/** Elements that end an open cell, which may lack its end tag. */
const CELL_ENDS: ReadonlySet<string> = new Set(['tr', 'table', 'pre']);
const QUOTES: ReadonlyMap<string, Quote['of']> = new Map([
  ['Reply', 'reply'],
  ['Forward', 'forward'],
]);

/** Reads the `text/html` of a message. A row of a table is one line: `| 10 | 20 |`. */
export function readTeamsHtml(html: string): TeamsHtml {
  const reader = new TeamsHtmlReader();
  tokenizeHtml(html.slice(0, MAX_HTML_CHARS), reader);
  return reader.end();
}

/** The quote that is being read, and how many of its blocks are open. */
interface OpenQuote {
  readonly of: Quote['of'];
  readonly messageId: string | undefined;
  depth: number;
  author: string;
  text: string;
  /** The element that holds its author, or its time. */
  field: { readonly tag: string; readonly isAuthor: boolean } | undefined;
}

class TeamsHtmlReader implements HtmlHandler {
  readonly #result = emptyMessage();
  readonly #lines: string[] = [];
  #line = '';
  #isInCell = false;
  /** Whether the current element is inside a `<readonly itemtype="…">`, in which Teams wraps a GIF of its picker. */
  #isPicked = false;
  /** The tag of the open mention. */
  #mention: string | undefined;
  #code: { language: string; text: string } | undefined;
  #quote: OpenQuote | undefined;

  open(tag: string, attributes: Attributes): void {
    const type = teamsType(attributes);
    if (tag === 'readonly') this.#isPicked = type !== '';
    this.#breakLine(tag);
    if (tag === 'blockquote') this.#openQuote(type, attributes);
    const pictogram = tag === 'img' ? pictogramOf(attributes, this.#isPicked) : undefined;
    if (pictogram !== undefined) this.#result.pictogramAddresses.push(attributes.get('src') ?? '');
    else if (this.#quote?.of !== 'reply') this.#addMedia(tag, type, attributes);
    if (this.#quote === undefined) this.#openInText(tag, type, attributes, pictogram);
    else this.#openInQuote(this.#quote, tag, attributes, pictogram);
    if (!CELLS.has(tag)) return;
    this.#isInCell = true;
    this.text(' | ');
  }

  close(tag: string): void {
    if (tag === 'readonly') this.#isPicked = false;
    if (this.#quote?.field?.tag === tag) this.#quote.field = undefined;
    if (this.#quote !== undefined && tag === 'blockquote' && --this.#quote.depth === 0) this.#closeQuote();
    if (this.#quote === undefined) this.#closeInText(tag);
    if (CELLS.has(tag)) this.#isInCell = false;
    if (tag === 'tr') this.text(' |');
    this.#breakLine(tag);
  }

  text(piece: string): void {
    const quote = this.#quote;
    if (quote === undefined) {
      this.#result.plain += piece;
      if (this.#code === undefined) this.#line += piece;
      else this.#code.text += piece.replaceAll('\u00a0', ' ');
    } else if (quote.field === undefined) {
      // White space is removed later, so the text may be longer here.
      if (quote.text.length < 4 * MAX_QUOTED_CHARS[quote.of]) quote.text += piece;
    } else if (quote.field.isAuthor && quote.author.length < MAX_AUTHOR_CHARS) {
      quote.author += piece;
    }
  }

  end(): TeamsHtml {
    this.#closeQuote();
    this.#closeCode();
    this.#endLine();
    this.#result.text = this.#lines.join('\n');
    return this.#result;
  }

  /** Teams puts the content of a cell into paragraphs, which do not end a line. */
  #breakLine(tag: string): void {
    if (CELL_ENDS.has(tag)) this.#isInCell = false;
    if (!BLOCKS.has(tag)) return;
    if (this.#isInCell) this.text(' ');
    else if (this.#quote !== undefined) this.#quote.text += '\n';
    else this.#endLine();
  }

  /** Ends the line. Outside of code, white space collapses. */
  #endLine(): void {
    if (this.#code !== undefined) this.#code.text += '\n';
    const line = this.#line.replace(/[\p{Cc}\s]+/gu, ' ').trim();
    if (line !== '') this.#lines.push(line);
    this.#line = '';
  }

  #openInText(tag: string, type: string, attributes: Attributes, pictogram: string | undefined): void {
    if (tag === 'attachment') this.#result.attachmentIds.push(attributes.get('id') ?? '');
    if (pictogram !== undefined) {
      this.#result.pictograms.push(pictogram);
      this.#line += pictogram;
    }
    if (tag === 'pre') this.#code = { language: languageOf(attributes), text: '' };
    if (tag === 'code' && this.#code?.language === '') this.#code.language = languageOf(attributes);
    if (this.#mention === undefined && (tag === 'at' || type === 'Mention')) {
      this.#mention = tag;
      this.text('<at>');
    }
  }

  #closeInText(tag: string): void {
    if (this.#mention === tag) {
      this.#mention = undefined;
      this.text('</at>');
    }
    if (tag === 'pre') this.#closeCode();
  }

  #closeCode(): void {
    const fenced = this.#code && fencedCode(this.#code.text, this.#code.language);
    this.#code = undefined;
    if (!fenced) return;
    this.#result.hasCode = true;
    this.#lines.push(fenced);
  }

  #addMedia(tag: string, type: string, attributes: Attributes): void {
    if (tag === 'img') {
      const attachmentId = type === 'AMSImage' ? textOf(attributes.get('itemid'), MAX_ID_CHARS) : undefined;
      this.#result.pictures.push({ address: attributes.get('src') ?? '', attachmentId });
    }
    if (tag === 'audio') this.#result.hasAudio = true;
    if (tag === 'video') this.#result.hasVideo = true;
    if (type === 'InputExtension') this.#result.hasExtension = true;
  }

  #openQuote(type: string, attributes: Attributes): void {
    const of = QUOTES.get(type);
    if (this.#quote !== undefined) this.#quote.depth++;
    else if (of !== undefined) {
      this.#quote = { of, messageId: attributes.get('itemid'), depth: 1, author: '', text: '', field: undefined };
    }
  }

  #openInQuote(quote: OpenQuote, tag: string, attributes: Attributes, pictogram: string | undefined): void {
    const property = attributes.get('itemprop');
    if (property === 'mri' || property === 'time') quote.field ??= { tag, isAuthor: property === 'mri' };
    if (tag === 'img') this.text(pictogram ?? attributes.get('alt') ?? '');
  }

  #closeQuote(): void {
    const quote = this.#quote;
    this.#quote = undefined;
    if (quote === undefined || this.#result.quotes.length === MAX_QUOTES) return;
    const { of, messageId, author } = quote;
    const text = quotedText(quote.text, of);
    if (text !== '') this.#result.quotes.push({ of, author: shownName(author), text, messageId });
  }
}

function languageOf(attributes: Attributes): string {
  return /(?:^|\s)language-([\w+#.-]+)/.exec(attributes.get('class') ?? '')?.[1]?.slice(0, MAX_LANGUAGE_CHARS) ?? '';
}
