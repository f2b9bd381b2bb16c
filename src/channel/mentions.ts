import { fieldsOf } from '../json-access.ts';
import type { Addressing } from './capabilities.ts';

/** People mention the bot once or twice; more different marks are no message from a person. */
const MAX_MARKS = 20;
/** A longer name is none that anybody writes. */
const MAX_NAME_CHARS = 256;

/** Teams numbers its tags in some messages, and not in the entities that belong to them. */
const NUMBERED_TAG = /<at\s+id="\d+">/gi;
const MARK = /^<at>(.*)<\/at>$/s;
/** White space and format characters, such as a byte order mark or a mark of direction. */
const UNSEEN = /[\s\p{Cf}]/u;

/** Where a written name may stand: as a word of its own, or at the beginning of the text. */
const ANYWHERE = String.raw`(?<![\p{L}\p{N}_@./-])`;
const AT_START = '^';

interface Mention {
  readonly text: string | undefined;
  readonly name: string | undefined;
  readonly isBot: boolean;
}

/** What is read of an activity to find the mentions in it. */
export interface MentioningActivity {
  readonly text?: string | undefined;
  /** The bot. */
  readonly recipient?: { readonly id?: string; readonly name?: string } | undefined;
  readonly entities?: readonly unknown[] | undefined;
}

/**
 * The text without any mention of the bot, other people's mentions as their plain names, trimmed. botbuilder's own
 * `removeRecipientMention` removes only the first one, leaves `&nbsp;` behind and throws where there is no text. The bot's
 * written name is removed everywhere on channels where it addresses the bot, and elsewhere only at the beginning.
 */
export function textWithoutBot(
  { text = '', recipient, entities }: MentioningActivity,
  addressedBy: Addressing,
): string {
  const mentions = mentionsIn(recipient, entities);
  const plain = trimmed(withPlainSpaces(text));
  const unmarked = mentions.length === 0 ? plain : trimmed(withoutMarks(plain, mentions));
  if (!unmarked.includes('@')) return unmarked;
  const written = writtenName(recipient, addressedBy === 'name' ? ANYWHERE : AT_START);
  return trimmed(written === undefined ? unmarked : joined(unmarked.split(written), () => undefined));
}

/** Whether an entity says that the bot is mentioned. Telegram's does so for every message. */
export function mentionsBot({ recipient, entities }: MentioningActivity): boolean {
  return mentionsIn(recipient, entities).some(({ isBot }) => isBot);
}

/** Whether the bot's name stands in the text as people write it, such as `@my_voice_bot` or `/help@my_voice_bot`. */
export function namesBot({ text = '', recipient }: MentioningActivity): boolean {
  return writtenName(recipient, ANYWHERE)?.test(trimmed(text)) ?? false;
}

function withPlainSpaces(text: string): string {
  return text.replaceAll('&nbsp;', ' ').replaceAll('\u00a0', ' ');
}

function withoutMarks(text: string, mentions: readonly Mention[]): string {
  const marks = [...mentionsByMark(mentions)].slice(0, MAX_MARKS);
  // The longest first: one mark may be the beginning of another.
  const inOrder = marks.sort(([one], [other]) => other.length - one.length);
  const bare = text.replace(NUMBERED_TAG, '<at>');
  return inOrder.reduce((rest, [mark, of]) => withoutMark(rest, mark, of), bare);
}

/** Where people have the bot's name, the same mark stands for both, in the order of the entities. */
function withoutMark(text: string, mark: string, mentions: readonly Mention[]): string {
  const kept = (at: number) => {
    const mention = mentions[Math.min(at, mentions.length - 1)];
    if (mention?.isBot) return undefined;
    return MARK.exec(mark)?.[1] ?? mention?.name ?? mark;
  };
  return joined(text.split(mark), kept);
}

/**
 * Joins what was around marks with what is kept of each. Where nothing is, the spaces around it go with it, and one is
 * left where it stood between words.
 */
function joined([first = '', ...others]: readonly string[], kept: (at: number) => string | undefined): string {
  const pieces = [first];
  for (const [at, after] of others.entries()) {
    const between = kept(at);
    if (between !== undefined) pieces.push(between, after);
    else pieces.push(pieces.pop()?.trimEnd() ?? '', ' ', after.trimStart());
  }
  return pieces.join('');
}

/** Without what nobody sees at its ends. Not by a pattern, which takes quadratic time where there is much of it inside. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && UNSEEN.test(text.charAt(start))) start++;
  while (end > start && UNSEEN.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The mentions by the marks that stand for them in the text: as the entity gives it, and as Teams writes a name. */
function mentionsByMark(mentions: readonly Mention[]): Map<string, Mention[]> {
  const byMark = new Map<string, Mention[]>();
  for (const mention of mentions) {
    const { text = '', name } = mention;
    const marks = new Set([text.replace(NUMBERED_TAG, '<at>'), name ? `<at>${name}</at>` : ''].map(withPlainSpaces));
    for (const mark of marks) {
      const same = byMark.get(mark);
      if (same !== undefined) same.push(mention);
      else if (mark.trim() !== '') byMark.set(mark, [mention]);
    }
  }
  return byMark;
}

function mentionsIn(
  recipient: MentioningActivity['recipient'],
  entities: MentioningActivity['entities'] = [],
): Mention[] {
  return entities.flatMap((entity) => {
    const { type, text, mentioned } = fieldsOf(entity);
    if (type !== 'mention') return [];
    const { id, name } = fieldsOf(mentioned);
    const isBot = Boolean(id) && id === recipient?.id;
    return [{ text: stringOf(text), name: stringOf(name) ?? (isBot ? recipient?.name : undefined), isBot }];
  });
}

/** Matches the bot's name or id behind an at sign: `before` it, or behind a command at the start. */
function writtenName(
  { id, name }: NonNullable<MentioningActivity['recipient']> = {},
  before: string,
): RegExp | undefined {
  const names = [id, name].filter(
    (each): each is string => Boolean(each?.trim()) && Number(each?.length) <= MAX_NAME_CHARS,
  );
  if (names.length === 0) return undefined;
  const either = names.map((each) => each.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|');
  return new RegExp(String.raw`(?:${before}|(?<=^/[\p{L}\d_-]{1,32}))@(?:${either})(?!-?[\p{L}\p{N}_])`, 'iu');
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
