import { fieldsOf, textOf } from '../fields.ts';
import { shownName } from './file-name.ts';
import { type Quote, readTeamsHtml, type TeamsHtml } from './teams-html.ts';

/** What a message consists of. */
export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'quote' } & Quote)
  | SentFile
  /** A recording that Teams does not give to bots. */
  | { readonly kind: 'teamsVoiceClip' }
  | { readonly kind: 'teamsVideoClip' }
  /** Files beyond those that are read. */
  | { readonly kind: 'tooManyFiles'; readonly count: number }
  /** A card, or something else that is no file. */
  | { readonly kind: 'ignored'; readonly contentType: string };

/** A file, not fetched yet. Its name and types are its sender's claims. */
export interface SentFile {
  readonly kind: 'file';
  /** https, http or data, not checked in any other way; empty where it came with none of these. */
  readonly url: string;
  /** As `shownName` gives it. */
  readonly name: string | undefined;
  /** In small letters; empty where it has none. */
  readonly claimedType: string;
  /** The ending that Teams names, in small letters, without a dot. */
  readonly fileType: string | undefined;
}

/** An attachment as the channel sends it: anything may be in it. */
export interface SentAttachment {
  readonly contentType?: unknown;
  readonly contentUrl?: unknown;
  readonly content?: unknown;
  readonly name?: unknown;
}

export const MOST_FILES = 10;

const TEAMS_FILE = 'application/vnd.microsoft.teams.file.download.info';
const AUDIO_CARD = 'application/vnd.microsoft.card.audio';
/** Cards and the references of Teams have content of their own; an address among it is no file. */
const NO_FILE = /^application\/vnd\.microsoft\.(card|teams\.card)\.|^application\/vnd\.microsoft\.teams\.(?!file\.)/;
/** With a name it is a file, even where it cannot be fetched. JSON and the types of Microsoft may be anything. */
const NAMED_FILE = /^(audio|image|text|video)\/(?!html$)|^application\/(?!json$|vnd\.microsoft\.)/;
/** Where Teams keeps recordings, out of a bot's reach (MicrosoftDocs/msteams-docs#1805). */
const RECORDINGS_HOST = 'asm.skype.com';

const MOST_QUOTES = 5;
const MOST_TYPE_CHARS = 256;
const MOST_NAME_CHARS = 4_096;
const MOST_ENDING_CHARS = 16;
const MOST_URL_CHARS = 8_192;
const MOST_CARD_CHARS = 100_000;

/**
 * What a message consists of, in the order in which a model is to be given it: what it answers, its text, what it
 * passes on, then what is attached. `text` is the activity's, without mentions of the bot. That Teams sends a text a
 * second time, as `text/html`, makes no part.
 */
export function messageParts(text: string, attachments: readonly SentAttachment[]): MessagePart[] {
  const read = attachments.map((attachment) => ({ attachment, html: htmlOf(attachment) }));
  const quotes = read.flatMap(({ html }) => html?.quotes ?? []).slice(0, MOST_QUOTES);
  const forward = quotes.find(({ of }) => of === 'forward');
  const own = forward === undefined ? text : withoutForward(text, forward);
  const hasPictures = attachments.some(({ contentType }) => typeOf(contentType).startsWith('image/'));
  const parts = [
    ...quotes.filter(({ of }) => of === 'reply').map(toPart),
    ...(own === '' ? [] : [{ kind: 'text', text: own } as const]),
    ...quotes.filter(({ of }) => of === 'forward').map(toPart),
    ...withinFiles(
      read.flatMap(({ attachment, html }) =>
        html === undefined ? [partOf(attachment)] : partsOfHtml(html, hasPictures),
      ),
    ),
  ];
  // In channels this is all that is left of a recording (MicrosoftDocs/msteams-docs#14169); beside a text it is a card.
  const isRecording = parts.length === 0 && read.some(({ html }) => html?.hasExtension);
  return isRecording ? [{ kind: 'teamsVoiceClip' }] : parts;
}

/** A quote as the model is given it, in a line that nothing in it can end. */
export function quoteLine({ of, author, text }: Quote): string {
  switch (of) {
    case 'reply':
      return `In reply to ${author ?? 'somebody'}, who wrote: ${JSON.stringify(text)}`;
    case 'forward':
      return `A forwarded message${author === undefined ? '' : ` of ${author}`}: ${JSON.stringify(text)}`;
  }
}

function toPart(quote: Quote): MessagePart {
  return { kind: 'quote', ...quote };
}

/** Teams puts what is forwarded behind the text, too: there it would look like the user's own words. */
function withoutForward(text: string, forward: Quote): string {
  const [firstLine = ''] = forward.text.split('\n', 1);
  const at = text.lastIndexOf(firstLine.replace(/…$/, ''));
  const isWholeLine = at === 0 || (at > 0 && /[\r\n]\s*$/.test(text.slice(Math.max(0, at - 10), at)));
  return isWholeLine ? text.slice(0, at).trim() : text;
}

function htmlOf({ contentType, content }: SentAttachment): TeamsHtml | undefined {
  return typeOf(contentType) === 'text/html' && typeof content === 'string' ? readTeamsHtml(content) : undefined;
}

function typeOf(contentType: unknown): string {
  return textOf(contentType, MOST_TYPE_CHARS)?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function partOf(attachment: SentAttachment): MessagePart {
  const claimedType = typeOf(attachment.contentType);
  if (isRecording(claimedType, attachment.content)) return { kind: 'teamsVoiceClip' };
  const name = shownName(textOf(attachment.name, MOST_NAME_CHARS));
  const { downloadUrl, fileType } = claimedType === TEAMS_FILE ? fieldsOf(attachment.content) : {};
  const url = urlOf(claimedType === TEAMS_FILE ? downloadUrl : attachment.contentUrl);
  const isNamedFile = name !== undefined && (claimedType === TEAMS_FILE || NAMED_FILE.test(claimedType));
  if (NO_FILE.test(claimedType) || (url === undefined && !isNamedFile)) {
    return { kind: 'ignored', contentType: claimedType };
  }
  return {
    kind: 'file',
    url: url ?? '',
    name,
    claimedType,
    fileType: textOf(fileType, MOST_ENDING_CHARS)?.toLowerCase(),
  };
}

/** `hasPictures`: the pictures in the HTML are attached, too. */
function partsOfHtml({ pictures, hasSound, hasVideo }: TeamsHtml, hasPictures: boolean): MessagePart[] {
  const urls = hasPictures ? [] : pictures.map(urlOf).filter((url) => url !== undefined);
  return [
    ...urls.map(
      (url) => ({ kind: 'file', url, name: undefined, claimedType: 'image/*', fileType: undefined }) as const,
    ),
    ...(hasSound ? [{ kind: 'teamsVoiceClip' } as const] : []),
    ...(hasVideo ? [{ kind: 'teamsVideoClip' } as const] : []),
  ];
}

/** An address of a file; data may be as long as a message. */
function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^data:/i.test(value)) return value;
  return value.length <= MOST_URL_CHARS && /^https?:/i.test(value) && URL.canParse(value) ? value : undefined;
}

/** A voice message from a telephone comes as a card, in a string (MicrosoftDocs/msteams-docs#1805). */
function isRecording(claimedType: string, content: unknown): boolean {
  if (claimedType !== AUDIO_CARD) return false;
  const { media } = fieldsOf(typeof content === 'string' ? parsed(content) : content);
  return Array.isArray(media) && media.some((medium) => isAtRecordings(fieldsOf(medium)['url']));
}

function parsed(json: string): unknown {
  try {
    return json.length <= MOST_CARD_CHARS ? JSON.parse(json) : undefined;
  } catch {
    // Not JSON, so no card that is known.
    return undefined;
  }
}

function isAtRecordings(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === RECORDINGS_HOST || hostname.endsWith(`.${RECORDINGS_HOST}`);
}

/** The first files, and how many there are besides; one recording stands for all of its kind. */
function withinFiles(parts: readonly MessagePart[]): MessagePart[] {
  let files = 0;
  const kept = parts.filter((part, at) => {
    if (part.kind === 'file') return ++files <= MOST_FILES;
    const isRecording = part.kind === 'teamsVoiceClip' || part.kind === 'teamsVideoClip';
    return !isRecording || parts.findIndex(({ kind }) => kind === part.kind) === at;
  });
  return files <= MOST_FILES ? kept : [...kept, { kind: 'tooManyFiles', count: files - MOST_FILES }];
}
