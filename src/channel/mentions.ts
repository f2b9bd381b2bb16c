import { MAX_TEXT_CHARS } from '../conversation/user-message.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Addressing } from './capabilities.ts';

/** Limits the work for hostile messages; real ones mention fewer people. */
const MAX_TAGS = 20;
/** Nobody writes a longer name. */
const MAX_NAME_CHARS = 256;
const MAX_TAG_CHARS = MAX_NAME_CHARS + 64;
/** Limits how much names that replace tags lengthen a text: a hostile tag may be one character that is all over it. */
const MAX_ADDED_CHARS = MAX_TAGS * MAX_NAME_CHARS;
/** The rest of a text is not read. Tags and `&nbsp;` take room that does not count for MAX_TEXT_CHARS. */
const MAX_SENT_CHARS = 5 * MAX_TEXT_CHARS;

/** Teams numbers its tags in some messages, and not in the entities that belong to them. */
const NUMBERED_TAG = /<at\s+id="\d+">/gi;
const TAG = /^<at>(.*)<\/at>$/s;
/** All but white space and format characters, such as a byte order mark or a direction mark, at both ends. */
const VISIBLE = /[^\s\p{Cf}](?:.*[^\s\p{Cf}])?/su;

/** Where a written name may stand: as a word of its own, or at the beginning of the text. */
const ANYWHERE = String.raw`(?<![\p{L}\p{N}_@./-])`;
const AT_START = '^';

interface Mention {
  readonly text: string | undefined;
  readonly name: string | undefined;
  readonly isBot: boolean;
}

/** The fields of an activity that mentions are read from. */
export interface MentioningActivity {
  readonly text?: string | undefined;
  /** The bot. */
  readonly recipient?: { readonly id?: string; readonly name?: string } | undefined;
  readonly entities?: readonly unknown[] | undefined;
}

/**
 * The text without any mention of the bot, other people's mentions as their plain names, trimmed. botbuilder's own
 * `removeRecipientMention` removes only the first one, leaves `&nbsp;` behind and throws where there is no text. The
 * bot's written name is removed everywhere on channels where it addresses the bot, and elsewhere only at the beginning.
 */
export function textWithoutBot(activity: MentioningActivity, addressedBy: Addressing): string {
  const { text = '', recipient } = activity;
  const mentions = mentionsIn(activity);
  const plain = trimmed(withPlainSpaces(text.slice(0, MAX_SENT_CHARS)));
  const untagged = mentions.length === 0 ? plain : trimmed(withoutTags(plain, mentions));
  if (!untagged.includes('@')) return untagged;
  const written = writtenName(recipient, addressedBy === 'name' ? ANYWHERE : AT_START);
  return trimmed(written === undefined ? untagged : joined(untagged.split(written), () => REMOVED));
}

/** Whether an entity says that the bot is mentioned. Telegram's does so for every message. */
export function mentionsBot(activity: MentioningActivity): boolean {
  return mentionsIn(activity).some(({ isBot }) => isBot);
}

/** Whether the bot's name stands in the text as people write it, such as `@my_voice_bot` or `/help@my_voice_bot`. */
export function namesBot({ text = '', recipient }: MentioningActivity): boolean {
  return writtenName(recipient, ANYWHERE)?.test(trimmed(text)) ?? false;
}

function withPlainSpaces(text: string): string {
  return text.replaceAll('&nbsp;', ' ').replaceAll('\u00a0', ' ');
}

/** Replaces all tags in one pass, so that no tag is found in a name that has replaced another. */
function withoutTags(text: string, mentions: readonly Mention[]): string {
  const pairs = mentions.flatMap((mention) => tagsOf(mention).map((tag) => ({ tag, mention })));
  const byTag = new Map([...Map.groupBy(pairs, ({ tag }) => tag)].slice(0, MAX_TAGS));
  const plain = text.replace(NUMBERED_TAG, '<at>');
  if (byTag.size === 0) return plain;
  // The longest first: one tag may be the beginning of another.
  const tags = [...byTag.keys()].sort((one, other) => other.length - one.length);
  const anyTag = new RegExp(tags.map(escaped).join('|'), 'g');
  const found = plain.match(anyTag) ?? [];
  let roomChars = MAX_ADDED_CHARS;
  return joined(plain.split(anyTag), (at) => {
    const tag = found[at] ?? '';
    const replacement = replacementOf(tag, byTag.get(tag) ?? []);
    roomChars -= Math.max(0, (replacement?.length ?? 0) - tag.length);
    return roomChars < 0 ? tag : replacement;
  });
}

/** Takes the mention of a tag from `left`; the last one stands for all further tags. */
function replacementOf(tag: string, left: { readonly mention: Mention }[]): string | undefined {
  // If people have the bot's name, the same tag stands for them and for the bot, in the order of the entities.
  const { mention } = (left.length > 1 ? left.shift() : left[0]) ?? {};
  return mention?.isBot ? REMOVED : (TAG.exec(tag)?.[1] ?? mention?.name ?? tag);
}

/** Instead of a replacement: the tag goes, with the spaces around it. */
const REMOVED = undefined;

/**
 * Joins the pieces around tags. `replacement` gives the text that replaces each tag, or REMOVED: then one space is left
 * where the tag stood between words.
 */
function joined([first = '', ...others]: readonly string[], replacement: (at: number) => string | undefined): string {
  const pieces = [first];
  for (const [at, after] of others.entries()) {
    const between = replacement(at);
    if (between !== REMOVED) pieces.push(between, after);
    else pieces.push(pieces.pop()?.trimEnd() ?? '', ' ', after.trimStart());
  }
  return pieces.join('');
}

/** Without the invisible characters at its ends. Takes linear time, also with many of them inside. */
function trimmed(text: string): string {
  return VISIBLE.exec(text)?.[0] ?? '';
}

/** The texts that stand for a mention in a message: as the entity gives it, and as Teams writes a name. */
function tagsOf({ text = '', name }: Mention): string[] {
  const tags = [text.replace(NUMBERED_TAG, '<at>'), name ? `<at>${name}</at>` : ''].map(withPlainSpaces);
  return [...new Set(tags)].filter((tag) => tag.trim() !== '' && tag.length <= MAX_TAG_CHARS);
}

function mentionsIn({ recipient, entities = [] }: MentioningActivity): Mention[] {
  return entities.flatMap((entity) => {
    const { type, text, mentioned } = fieldsOf(entity);
    if (type !== 'mention') return [];
    const { id, name } = fieldsOf(mentioned);
    const isBot = Boolean(id) && id === recipient?.id;
    const knownName = textOf(name, MAX_NAME_CHARS) ?? (isBot ? recipient?.name : undefined);
    return [{ text: textOf(text, MAX_TAG_CHARS), name: knownName, isBot }];
  });
}

/**
 * Returns a pattern for `@` and the bot's name or id, where `before` matches in front of the `@`, or the text before it
 * is a command at the start.
 */
function writtenName(
  { id, name }: NonNullable<MentioningActivity['recipient']> = {},
  before: string,
): RegExp | undefined {
  const names = [id ?? '', name ?? ''].filter((each) => each.trim() !== '' && each.length <= MAX_NAME_CHARS);
  if (names.length === 0) return undefined;
  const either = names.map(escaped).join('|');
  return new RegExp(String.raw`(?:${before}|(?<=^/[\p{L}\d_-]{1,32}))@(?:${either})(?!-?[\p{L}\p{N}_])`, 'iu');
}

/** A pattern that matches the text itself. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
