import { fieldsOf, textOf } from '../json-access.ts';
import { paragraphs } from '../paragraphs.ts';
import type { FileLocation } from './attachment-path.ts';
import { cardFields, type LoopComponent, readCard } from './cards.ts';
import { shownName } from './file-name.ts';
import { distinctQuotes, type Quote, quoteOfReference, type SentQuote, withoutQuoteMarkers } from './quotes.ts';
import { readTeamsHtml, type TeamsHtml, type TeamsPicture } from './teams-html.ts';
import { pictogramAt } from './teams-pictograms.ts';

export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'quote' } & Quote)
  | SentFile
  /** A recording that Teams does not give to bots. */
  | { readonly kind: 'teamsVoiceClip' }
  | { readonly kind: 'teamsVideoClip' }
  /** The number of files beyond MAX_FILES. */
  | { readonly kind: 'tooManyFiles'; readonly count: number }
  /** Files that Teams shows in the message and does not give to the bot. */
  | { readonly kind: 'withheldFile' }
  | LoopComponent
  /** A card or another attachment that is not a file. */
  | { readonly kind: 'unreadable' };

/** A file before it is fetched. Its sender claims its name and types. */
export interface SentFile extends FileLocation {
  readonly kind: 'file';
  /** An https, http or data URL, not validated otherwise; empty if the file came without an address. */
  readonly url: string;
  /** The result of `shownName`. */
  readonly name: string | undefined;
  /** The MIME type in lower case; empty if there is none. */
  readonly claimedType: string;
}

/** An attachment from the channel. Its fields may hold anything. */
export interface SentAttachment {
  readonly contentType?: unknown;
  readonly contentUrl?: unknown;
  readonly content?: unknown;
  readonly name?: unknown;
  readonly id?: unknown;
}

export interface PartsOptions {
  /** The quotes in the message's entities. */
  readonly quoted?: readonly SentQuote[];
  /** Removes mentions from its HTML as they were removed from the activity's text. */
  readonly withoutMentions?: (text: string) => string;
  /** Whether the channel writes markers of quotes into the text. Default false. */
  readonly hasMarkers?: boolean;
}

export const MAX_FILES = 10;

const TEAMS_FILE = 'application/vnd.microsoft.teams.file.download.info';
const AUDIO_CARD = 'application/vnd.microsoft.card.audio';
/** A file in OneDrive or SharePoint. */
const CLOUD_FILE = 'reference';
/** A quote in the form of Microsoft Graph. */
const MESSAGE_REFERENCE = 'messagereference';
/** Cards and references of Teams: an address in their content is not a file. */
const NO_FILE = /^application\/vnd\.microsoft\.(card|teams\.card)\.|^application\/vnd\.microsoft\.teams\.(?!file\.)/;
/** An attachment of these types with a name is a file, even if it cannot be fetched. JSON may be anything. */
const NAMED_FILE = /^(audio|image|text|video)\/(?!html$)|^application\/(?!json$|vnd\.microsoft\.)/;
/** The host of Teams' recordings, which bots cannot read (MicrosoftDocs/msteams-docs#1805). */
const RECORDINGS_HOST = /(^|\.)asm\.skype\.com$/;

const MAX_TYPE_CHARS = 256;
const MAX_NAME_CHARS = 4_096;
const MAX_URL_CHARS = 8_192;

/** An attachment with everything that follows from its type. */
type ReadAttachment = ReturnType<typeof readAttachment>;

function readAttachment(attachment: SentAttachment) {
  const { contentType, contentUrl, content } = attachment;
  const type = textOf(contentType, MAX_TYPE_CHARS)?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isImage = type.startsWith('image/');
  return {
    attachment,
    /** The type in lower case. */
    type,
    isImage,
    /** The HTML of the message, if this attachment is it. */
    html: type === 'text/html' && typeof content === 'string' ? readTeamsHtml(content) : undefined,
    card: readCard(type, content),
    /** Set if the picture is an emoji, a GIF or a sticker. */
    pictogram: isImage ? pictogramAt(textOf(contentUrl, MAX_URL_CHARS) ?? '') : undefined,
  };
}

/**
 * Returns the parts of a message in their order for the model: the quoted message, the text, forwarded messages, then
 * attachments. `text` is the activity's text without mentions of the bot. The `text/html` of Teams repeats that text,
 * so it is not a part of its own.
 */
export function messageParts(
  text: string,
  attachments: readonly SentAttachment[],
  { quoted = [], withoutMentions = (html) => html, hasMarkers = false }: PartsOptions = {},
): MessagePart[] {
  const read = withoutPictogramFiles(attachments.map(readAttachment));
  const htmls = read.flatMap(({ html }) => html ?? []);
  const otherQuotes = read.flatMap(quotesIn);
  const quotes = distinctQuotes(quoted, otherQuotes);
  const hasForward = otherQuotes.some(({ of }) => of === 'forward');
  const withoutQuotes = (each: string) => withoutQuoteMarkers(each, quotes, hasMarkers);
  // Teams repeats a forwarded message in the activity's text, where it would count as the user's own words. In the
  // HTML, it stands apart.
  const activityText = hasForward ? '' : withoutQuotes(text);
  const attachedPictograms = read.flatMap(({ pictogram }) => pictogram ?? []);
  const withoutQuotesAndMentions = (html: string) => withoutQuotes(withoutMentions(html));
  const ownText = shownText(activityText, htmls, attachedPictograms, withoutQuotesAndMentions);
  const cardTexts = read.flatMap(({ card }) => (card.kind === 'text' && !ownText.includes(card.text) ? card.text : []));
  const textWithCards = paragraphs(...cardTexts, ownText);
  const hasPictures = read.some(({ isImage, pictogram }) => isImage && pictogram === undefined);
  const parts = [
    ...quotes.filter(({ of }) => of === 'reply').map(quotePart),
    ...(textWithCards === '' ? [] : [{ kind: 'text', text: textWithCards } as const]),
    ...quotes.filter(({ of }) => of === 'forward').map(quotePart),
    ...limit(read.flatMap((each) => (each.html === undefined ? partOf(each) : partsOfHtml(each.html, hasPictures)))),
    ...withheldFile(htmls, [...quoted, ...otherQuotes], read),
  ];
  // In channels, this is all that remains of a recording (MicrosoftDocs/msteams-docs#14169). If the message has a
  // text, the extension is a card.
  const isRecording = parts.length === 0 && htmls.some(({ hasExtension }) => hasExtension);
  return isRecording ? [{ kind: 'teamsVoiceClip' }] : parts;
}

/** Leaves out the attached pictures of emoji, GIFs and stickers that the HTML shows. */
function withoutPictogramFiles(read: readonly ReadAttachment[]): ReadAttachment[] {
  const addresses = new Set<unknown>(read.flatMap(({ html }) => html?.pictogramAddresses ?? []));
  return read.filter(({ isImage, attachment }) => !(isImage && addresses.has(attachment.contentUrl)));
}

function quotesIn({ type, attachment: { content, id }, html }: ReadAttachment): readonly SentQuote[] {
  return html?.quotes ?? (type === MESSAGE_REFERENCE ? [quoteOfReference(content, id)] : []);
}

/**
 * Returns the text as its author sees it. Teams leaves emoji, GIFs, stickers and the formatting of code out of the
 * activity's text, so the HTML is used if it has the same letters.
 */
function shownText(
  activityText: string,
  htmls: readonly TeamsHtml[],
  attachedPictograms: readonly string[],
  withoutQuotesAndMentions: (html: string) => string,
): string {
  const pictograms = htmls.flatMap((html) => html.pictograms);
  const htmlText = withoutQuotesAndMentions(htmls.map(({ text }) => text).join('\n'));
  const hasMore = pictograms.length > 0 || htmls.some(({ hasCode }) => hasCode);
  const plainText = htmls.map(({ plain }) => plain).join(' ');
  const isSame = () => lettersOf(withoutQuotesAndMentions(plainText)) === lettersOf(activityText);
  if (htmlText !== '' && activityText === '') return htmlText;
  if (hasMore && isSame()) return htmlText;
  return [activityText, ...(pictograms.length > 0 ? pictograms : attachedPictograms)].join(' ').trim();
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}

/**
 * In channels, Teams leaves out files but keeps their places in the HTML. Quotes and delivered attachments have places,
 * too. Of some attachments it is unknown which place is theirs. So a file is missing only if, without the known places,
 * more places remain than there are attachments with an unknown place.
 */
function withheldFile(
  htmls: readonly TeamsHtml[],
  quotes: readonly SentQuote[],
  read: readonly ReadAttachment[],
): MessagePart[] {
  const places = new Set<unknown>(htmls.flatMap(({ attachmentIds }) => attachmentIds));
  for (const { messageId = '' } of quotes) places.delete(messageId);
  let withoutPlaceCount = 0;
  for (const { attachment, type, isImage } of read) {
    const place = [attachment.id, cardFields(attachment.content)['uniqueId']].find((id) => places.has(id));
    if (place !== undefined) places.delete(place);
    else if (!isImage && type !== 'text/html' && type !== MESSAGE_REFERENCE) withoutPlaceCount++;
  }
  return places.size > withoutPlaceCount ? [{ kind: 'withheldFile' }] : [];
}

/** Formats a quote for the model as one line that its text cannot end. */
export function quoteLine({ of, author, text }: Quote): string {
  const lead = of === 'reply' ? 'In reply to a message' : 'A forwarded message';
  // The sender's client writes the quote, so both author and text may be invented.
  const claimed = author === undefined ? '' : ` that the sender attributes to ${JSON.stringify(author)}`;
  return `${lead}${claimed}${text === '' ? ', whose text is not given.' : `: ${JSON.stringify(text)}`}`;
}

function quotePart({ of, author, text }: SentQuote): MessagePart {
  return { kind: 'quote', of, author, text };
}

function partOf({ attachment, type, card, pictogram }: ReadAttachment): MessagePart[] {
  const { content, contentUrl } = attachment;
  if (type === AUDIO_CARD && isTeamsRecording(content)) return [{ kind: 'teamsVoiceClip' }];
  if (type === MESSAGE_REFERENCE || pictogram !== undefined) return [];
  const name = shownName(textOf(attachment.name, MAX_NAME_CHARS));
  const { downloadUrl } = type === TEAMS_FILE ? fieldsOf(content) : {};
  const url = urlOf(type === TEAMS_FILE ? downloadUrl : contentUrl);
  const isNamedFile = [TEAMS_FILE, CLOUD_FILE].includes(type) || (name !== undefined && NAMED_FILE.test(type));
  if (NO_FILE.test(type) || (url === undefined && !isNamedFile)) return card.kind === 'text' ? [] : [card];
  return [{ kind: 'file', url: url ?? '', name, claimedType: type }];
}

/** `hasPictures` is true if the pictures in the HTML are also attached. */
function partsOfHtml({ pictures, hasAudio, hasVideo }: TeamsHtml, hasPictures: boolean): MessagePart[] {
  return [
    ...(hasPictures ? [] : pictures.flatMap(fileOfPicture)),
    ...(hasAudio ? [{ kind: 'teamsVoiceClip' } as const] : []),
    ...(hasVideo ? [{ kind: 'teamsVideoClip' } as const] : []),
  ];
}

function fileOfPicture({ address, attachmentId }: TeamsPicture): SentFile[] {
  const url = urlOf(address);
  if (url === undefined && attachmentId === undefined) return [];
  const file = { kind: 'file', url: url ?? '', name: undefined, claimedType: 'image/*' } as const;
  return [attachmentId === undefined ? file : { ...file, attachmentId }];
}

/** Returns the address of a file. A data URI may be as long as a message. */
function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^data:/i.test(value)) return value;
  return value.length <= MAX_URL_CHARS && /^https?:/i.test(value) && URL.canParse(value) ? value : undefined;
}

/** A voice message from a phone comes as a card in a string (MicrosoftDocs/msteams-docs#1805). */
function isTeamsRecording(content: unknown): boolean {
  const { media } = cardFields(content);
  if (!Array.isArray(media)) return false;
  const urls = media.map((medium) => fieldsOf(medium)['url']).filter((url) => typeof url === 'string');
  return urls.some((url) => URL.canParse(url) && RECORDINGS_HOST.test(new URL(url).hostname));
}

/** Keeps the first MAX_FILES files and counts the rest. Keeps one part of every other limited kind. */
function limit(parts: readonly MessagePart[]): MessagePart[] {
  const files = parts.filter(({ kind }) => kind === 'file');
  const surplus = new Set<MessagePart>(files.slice(MAX_FILES));
  const first = parts.filter((part, at) =>
    part.kind === 'file' ? !surplus.has(part) : parts.findIndex(({ kind }) => kind === part.kind) === at,
  );
  return surplus.size === 0 ? first : [...first, { kind: 'tooManyFiles', count: surplus.size }];
}
