import { fieldsOf, textOf } from '../json-access.ts';
import type { FilePlace } from './attachment-path.ts';
import { cardFields, type LoopComponent, readCard } from './cards.ts';
import { shownName } from './file-name.ts';
import { ownText } from './own-text.ts';
import { quoteOfReference, quotesWithin, withoutForward, withoutMarkers } from './quotes.ts';
import { type Quote, readTeamsHtml, type SentQuote, type TeamsHtml, type TeamsPicture } from './teams-html.ts';
import { markOfAddress } from './teams-marks.ts';
import { readTeamsText, type TeamsText } from './teams-text.ts';

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
  /** Files that Teams shows in the message and does not give to the bot. */
  | { readonly kind: 'keptBack' }
  | LoopComponent
  /** A card, or something else that is no file. */
  | { readonly kind: 'unreadable' };

/** A file, not fetched yet. Its name and types are its sender's claims. */
export interface SentFile extends FilePlace {
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
  readonly id?: unknown;
}

/** What is read of a message besides its text and attachments. */
export interface PartsOptions {
  /** What it answers, by its entities. */
  readonly quoted?: readonly SentQuote[];
  /** Takes the mentions out of a text of HTML, as they were taken out of the activity's. */
  readonly withoutMentions?: (text: string) => string;
  /** Whether the channel writes markers of quotes into the text. Default false. */
  readonly hasMarkers?: boolean;
}

export const MAX_FILES = 10;

const TEAMS_FILE = 'application/vnd.microsoft.teams.file.download.info';
const AUDIO_CARD = 'application/vnd.microsoft.card.audio';
/** A file in somebody's OneDrive, or in SharePoint. */
const CLOUD_FILE = 'reference';
/** A quotation in the form of Microsoft Graph. */
const MESSAGE_REFERENCE = 'messagereference';
/** Cards and the references of Teams have content of their own; an address among it is no file. */
const NO_FILE = /^application\/vnd\.microsoft\.(card|teams\.card)\.|^application\/vnd\.microsoft\.teams\.(?!file\.)/;
/** With a name it is a file, even where it cannot be fetched. JSON and the types of Microsoft may be anything. */
const NAMED_FILE = /^(audio|image|text|video)\/(?!html$)|^application\/(?!json$|vnd\.microsoft\.)/;
/** Where Teams keeps recordings, out of a bot's reach (MicrosoftDocs/msteams-docs#1805). */
const RECORDINGS_HOST = 'asm.skype.com';

const MAX_TYPE_CHARS = 256;
const MAX_NAME_CHARS = 4_096;
const MAX_ENDING_CHARS = 16;
const MAX_URL_CHARS = 8_192;

/**
 * What a message consists of, in the order in which a model is to be given it: what it answers, its text, what it
 * passes on, then what is attached. `text` is the activity's, without mentions of the bot. The `text/html` of Teams repeats
 * that text: it is no part of its own.
 */
export function messageParts(
  text: string,
  attachments: readonly SentAttachment[],
  { quoted = [], withoutMentions = (html) => html, hasMarkers = false }: PartsOptions = {},
): MessagePart[] {
  const read = withoutMarks(attachments.map((attachment) => ({ attachment, html: htmlOf(attachment) })));
  const given = read.map(({ attachment }) => attachment);
  const shown = read.flatMap(({ html }) => (html === undefined ? [] : [html.shown]));
  const others = read.flatMap(({ attachment, html }) => html?.media.quotes ?? referenceOf(attachment));
  const quotes = quotesWithin(quoted, others);
  const forward = quotes.find(({ of }) => of === 'forward');
  const written = withoutMarkers(forward === undefined ? text : withoutForward(text, forward), quotes, hasMarkers);
  const marks = given.flatMap(markOfAttachment);
  const own = ownText(written, shown, marks, (html) => withoutMarkers(withoutMentions(html), quotes, hasMarkers));
  const cards = read.flatMap(({ attachment }) => wordsOfCard(attachment)).filter((words) => !own.includes(words));
  const whole = [...cards, own].filter((words) => words !== '').join('\n\n');
  const hasPictures = given.some(isPicture);
  const parts = [
    ...quotes.filter(({ of }) => of === 'reply').map(toPart),
    ...(whole === '' ? [] : [{ kind: 'text', text: whole } as const]),
    ...quotes.filter(({ of }) => of === 'forward').map(toPart),
    ...withinFiles(
      read.flatMap(({ attachment, html }) =>
        html === undefined ? partOf(attachment) : partsOfHtml(html.media, hasPictures),
      ),
    ),
    ...keptBack(shown, [...quoted, ...others], given),
  ];
  // In channels this is all that is left of a recording (MicrosoftDocs/msteams-docs#14169); beside a text it is a card.
  const isRecording = parts.length === 0 && read.some(({ html }) => html?.media.hasExtension);
  return isRecording ? [{ kind: 'teamsVoiceClip' }] : parts;
}

/** An attachment, and what it says if it is the HTML of Teams. */
interface ReadAttachment {
  readonly attachment: SentAttachment;
  readonly html: { readonly media: TeamsHtml; readonly shown: TeamsText } | undefined;
}

function referenceOf({ contentType, content, id }: SentAttachment): SentQuote[] {
  return typeOf(contentType) === MESSAGE_REFERENCE ? [quoteOfReference(content, id)] : [];
}

/** Leaves out the pictures of emoji, GIFs and stickers that stand in the HTML. */
function withoutMarks(read: readonly ReadAttachment[]): ReadAttachment[] {
  const addresses = new Set<unknown>(read.flatMap(({ html }) => html?.media.markAddresses ?? []));
  return read.filter(({ attachment }) => !(isImage(attachment) && addresses.has(attachment.contentUrl)));
}

/** What a picture stands for where the HTML does not tell. */
function markOfAttachment(attachment: SentAttachment): string[] {
  const url = isImage(attachment) ? textOf(attachment.contentUrl, MAX_URL_CHARS) : undefined;
  const mark = url === undefined ? undefined : markOfAddress(url);
  return mark === undefined ? [] : [mark];
}

function isPicture(attachment: SentAttachment): boolean {
  return isImage(attachment) && markOfAttachment(attachment).length === 0;
}

function wordsOfCard({ contentType, content }: SentAttachment): string[] {
  const card = readCard(typeOf(contentType), content);
  return card.kind === 'words' ? [card.text] : [];
}

/**
 * In channels Teams leaves out files and keeps their places in the HTML. Places are also those of what is answered, and of
 * attachments that did come, some of which do not say which place is theirs.
 */
function keptBack(
  shown: readonly TeamsText[],
  quotes: readonly SentQuote[],
  attachments: readonly SentAttachment[],
): MessagePart[] {
  const places = new Set(shown.flatMap(({ attachmentIds }) => attachmentIds));
  for (const { messageId = '' } of quotes) places.delete(messageId);
  const unplaced = attachments.filter((each) => !idsOf(each).some((id) => places.delete(id)) && hasPlace(each));
  return places.size > unplaced.length ? [{ kind: 'keptBack' }] : [];
}

function hasPlace(attachment: SentAttachment): boolean {
  const type = typeOf(attachment.contentType);
  return type !== 'text/html' && type !== MESSAGE_REFERENCE && !isImage(attachment);
}

function isImage({ contentType }: SentAttachment): boolean {
  return typeOf(contentType).startsWith('image/');
}

function idsOf({ id, content }: SentAttachment): string[] {
  return [id, cardFields(content)['uniqueId']].filter((each) => typeof each === 'string');
}

/** A quote as the model is given it, in a line that nothing in it can end. */
export function quoteLine({ of, author, text }: Quote): string {
  // The sender's client writes the quote: it may name anybody, and quote what nobody said.
  const claimed = author === undefined ? '' : ` that the sender attributes to ${JSON.stringify(author)}`;
  const said = text === '' ? ', whose text is not given.' : `: ${JSON.stringify(text)}`;
  switch (of) {
    case 'reply':
      return `In reply to a message${claimed}${said}`;
    case 'forward':
      return `A forwarded message${claimed}${said}`;
  }
}

function toPart({ of, author, text }: SentQuote): MessagePart {
  return { kind: 'quote', of, author, text };
}

function htmlOf({ contentType, content }: SentAttachment): ReadAttachment['html'] {
  if (typeOf(contentType) !== 'text/html' || typeof content !== 'string') return undefined;
  return { media: readTeamsHtml(content), shown: readTeamsText(content) };
}

function typeOf(contentType: unknown): string {
  return textOf(contentType, MAX_TYPE_CHARS)?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function partOf(attachment: SentAttachment): MessagePart[] {
  const claimedType = typeOf(attachment.contentType);
  if (isRecording(claimedType, attachment.content)) return [{ kind: 'teamsVoiceClip' }];
  if (claimedType === MESSAGE_REFERENCE || markOfAttachment(attachment).length > 0) return [];
  const name = shownName(textOf(attachment.name, MAX_NAME_CHARS));
  const { downloadUrl, fileType } = claimedType === TEAMS_FILE ? fieldsOf(attachment.content) : {};
  const url = urlOf(claimedType === TEAMS_FILE ? downloadUrl : attachment.contentUrl);
  const isFile = claimedType === TEAMS_FILE || claimedType === CLOUD_FILE;
  const isNamedFile = isFile || (name !== undefined && NAMED_FILE.test(claimedType));
  if (NO_FILE.test(claimedType) || (url === undefined && !isNamedFile)) {
    const card = readCard(claimedType, attachment.content);
    return card.kind === 'words' ? [] : [card];
  }
  const ending = textOf(fileType, MAX_ENDING_CHARS)?.toLowerCase();
  return [{ kind: 'file', url: url ?? '', name, claimedType, fileType: ending }];
}

/** `hasPictures`: the pictures in the HTML are attached, too. */
function partsOfHtml({ pictures, hasSound, hasVideo }: TeamsHtml, hasPictures: boolean): MessagePart[] {
  return [
    ...(hasPictures ? [] : pictures.flatMap(fileOfPicture)),
    ...(hasSound ? [{ kind: 'teamsVoiceClip' } as const] : []),
    ...(hasVideo ? [{ kind: 'teamsVideoClip' } as const] : []),
  ];
}

function fileOfPicture({ address, attachmentId }: TeamsPicture): SentFile[] {
  const url = urlOf(address);
  if (url === undefined && attachmentId === undefined) return [];
  const place = { url: url ?? '', ...(attachmentId === undefined ? {} : { attachmentId }) };
  return [{ kind: 'file', ...place, name: undefined, claimedType: 'image/*', fileType: undefined }];
}

/** An address of a file; data may be as long as a message. */
function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^data:/i.test(value)) return value;
  return value.length <= MAX_URL_CHARS && /^https?:/i.test(value) && URL.canParse(value) ? value : undefined;
}

/** A voice message from a telephone comes as a card, in a string (MicrosoftDocs/msteams-docs#1805). */
function isRecording(claimedType: string, content: unknown): boolean {
  if (claimedType !== AUDIO_CARD) return false;
  const { media } = cardFields(content);
  return Array.isArray(media) && media.some((medium) => isAtRecordings(fieldsOf(medium)['url']));
}

function isAtRecordings(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === RECORDINGS_HOST || hostname.endsWith(`.${RECORDINGS_HOST}`);
}

/** The first files, and how many there are besides; anything else stands for all of its kind. */
function withinFiles(parts: readonly MessagePart[]): MessagePart[] {
  let files = 0;
  const kept = parts.filter((part, at) => {
    if (part.kind === 'file') return ++files <= MAX_FILES;
    return parts.findIndex(({ kind }) => kind === part.kind) === at;
  });
  return files <= MAX_FILES ? kept : [...kept, { kind: 'tooManyFiles', count: files - MAX_FILES }];
}
