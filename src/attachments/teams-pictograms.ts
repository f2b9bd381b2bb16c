import { shownName } from './file-name.ts';
import type { Attributes } from './html-tokens.ts';

/** The prefix of the item types in the HTML of Teams. */
const SCHEMA = 'http://schema.skype.com/';

const TEAMS_PICTURES_HOST = 'statics.teams.cdn.office.net';
/** The folder of emoji; other clouds have other hosts. */
const EMOJI_FOLDER = '/evergreen-assets/personal-expressions/';
/** An organization's own emoji have a description as their `alt`. */
const EMOJI = /^[\p{Emoji}\p{Emoji_Component}\p{Extended_Pictographic}]{1,32}$/u;
const PLAIN_TEXT = /^[\p{ASCII}]*$/u;

/**
 * Returns the text for an emoji, a GIF or a sticker; `undefined` for any other picture. `isPicked` is true inside an
 * element of the GIF picker, whose providers change.
 */
export function pictogramOf(attributes: Attributes, isPicked: boolean): string | undefined {
  const name = shownName(attributes.get('alt'))?.replace(/(^| )\(?GIF( Image)?\)?$/i, '');
  switch (teamsType(attributes)) {
    case 'AMSImage':
      return undefined;
    case 'Emoji':
      return emojiOf(attributes);
    case 'Giphy':
    case 'Tenor':
      return named('GIF', name);
    case 'Sticker':
      return named('sticker', name);
    default:
      if (isPicked) return named('GIF', name);
      return pictogramAt(attributes.get('src') ?? '', name, emojiIn(attributes));
  }
}

/** Returns the item type of an element, such as `Emoji`; empty without one. */
export function teamsType(attributes: Attributes): string {
  const type = attributes.get('itemtype') ?? '';
  return type.startsWith(SCHEMA) ? type.slice(SCHEMA.length) : '';
}

/** Returns the emoji, GIF or sticker at an address; `undefined` for any other picture. */
export function pictogramAt(address: string, name?: string, emoji?: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname } = new URL(address);
  if (/(^|\.)(giphy|tenor)\.com$/.test(hostname)) return named('GIF', name);
  if (hostname !== TEAMS_PICTURES_HOST && !pathname.startsWith(EMOJI_FOLDER)) return undefined;
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
