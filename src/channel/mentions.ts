import { fieldsOf } from '../fields.ts';

/** People mention the bot once or twice; more different marks are no message from a person. */
const MOST_MARKS = 20;

interface Mention {
  readonly text: string | undefined;
  readonly name: string | undefined;
}

/** What is read of an activity to find the mentions of its recipient, the bot. */
export interface MentioningActivity {
  readonly text?: string | undefined;
  readonly recipient?: { readonly id?: string; readonly name?: string } | undefined;
  readonly entities?: readonly unknown[] | undefined;
}

/**
 * The text without any mention of the bot, trimmed. botbuilder's own `removeRecipientMention` removes only the first
 * one, leaves `&nbsp;` behind and throws where there is no text.
 */
export function textWithoutBot(activity: MentioningActivity): string {
  const text = withPlainSpaces(activity.text ?? '');
  return [...marksOfBot(activity)].slice(0, MOST_MARKS).reduce(withoutMark, text).trim();
}

function withPlainSpaces(text: string): string {
  return text.replaceAll('&nbsp;', ' ').replaceAll('\u00a0', ' ');
}

/** The spaces around a mention go with it; one is left where it stood between words. */
function withoutMark(text: string, mark: string): string {
  const pieces = text.split(mark);
  if (pieces.length === 1) return text;
  return pieces.map((piece) => piece.trim()).join(' ');
}

/** The marks that stand for the bot in the text: as the mention gives it, and as Teams writes a name. */
function marksOfBot(activity: MentioningActivity): Set<string> {
  const marks = mentionsOfBot(activity).flatMap(({ text = '', name }) => [text, name ? `<at>${name}</at>` : '']);
  return new Set(marks.map(withPlainSpaces).filter((mark) => mark.trim() !== ''));
}

function mentionsOfBot({ entities = [], recipient }: MentioningActivity): Mention[] {
  return entities.flatMap((entity) => {
    const { type, text, mentioned } = fieldsOf(entity);
    const { id, name } = fieldsOf(mentioned);
    if (type !== 'mention' || id === undefined || id !== recipient?.id) return [];
    return [{ text: stringOf(text), name: stringOf(name) ?? recipient?.name }];
  });
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
