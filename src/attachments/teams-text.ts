import type { Attributes } from './html-walk.ts';
import { teamsType } from './teams-marks.ts';
import { HIDDEN, type TeamsVisitor, walkTeamsHtml } from './teams-walk.ts';

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

const MAX_LANGUAGE_CHARS = 32;

/** Reads the `text/html` that Teams sends along with a message. */
export function readTeamsText(html: string): TeamsText {
  const reading = new TeamsTextReading();
  walkTeamsHtml(html, reading);
  return reading.end();
}

/** What is gathered on the way, a line at a time. */
class TeamsTextReading implements TeamsVisitor {
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

  open(tag: string, attributes: Attributes, mark: string | undefined): void {
    const type = teamsType(attributes);
    const isQuote = type === 'Reply' || type === 'Forward';
    if (tag === 'blockquote' && (isQuote || this.#quoteDepth > 0)) this.#quoteDepth++;
    if (this.#quoteDepth > 0 || this.#hidden !== undefined) return;
    if (tag === 'attachment') this.#attachmentIds.push(attributes.get('id') ?? '');
    if (HIDDEN.has(tag)) this.#hidden = tag;
    if (mark !== undefined) this.#mark(mark);
    if (tag === 'pre') this.#code = { language: languageOf(attributes), text: '' };
    if (tag === 'code' && this.#code?.language === '') this.#code.language = languageOf(attributes);
    if (this.#mention === undefined && (tag === 'at' || type === 'Mention')) {
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
  }

  text(piece: string): void {
    if (this.#quoteDepth > 0 || this.#hidden !== undefined) return;
    this.#plain += piece;
    if (this.#code === undefined) this.#line += piece;
    else this.#code.text += piece.replaceAll('\u00a0', ' ');
  }

  /** White space counts once, besides in code. */
  line(): void {
    if (this.#code !== undefined) this.#code.text += '\n';
    const line = this.#line.replace(/[\p{Cc}\s]+/gu, ' ').trim();
    if (line !== '') this.#lines.push(line);
    this.#line = '';
  }

  end(): TeamsText {
    this.#endCode();
    this.line();
    return {
      text: this.#lines.join('\n'),
      plain: this.#plain,
      marks: this.#marks,
      hasCode: this.#hasCode,
      attachmentIds: this.#attachmentIds,
    };
  }

  #mark(mark: string): void {
    this.#marks.push(mark);
    this.#line += mark;
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
