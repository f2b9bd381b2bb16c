import type { Person } from '../shares.ts';
import type { UserMessage } from './user-message.ts';

const MAX_NAME_CHARS = 64;
const UNNAMED = 'Somebody';
const SEVERAL_PEOPLE =
  'Several people write in this conversation: each message names its writer and then quotes what was written.';

/** Whose share a message counts in: see `personKey` of a message. */
export function personOf({ key, personKey }: Pick<UserMessage, 'key' | 'personKey'>): Person {
  return { key: personKey, isVerified: personKey !== key };
}

/** The person's name in a chat of several people; `undefined` in a personal chat. */
export function speakerName({ scope, user }: Pick<UserMessage, 'scope' | 'user'>): string | undefined {
  return scope === 'personal' ? undefined : plainName(user.name) || UNNAMED;
}

/** People choose their names: nothing in one may end it, or look like more than a name. */
function plainName(name = ''): string {
  const plain = name.replace(/[\p{C}\p{Z}"\\:]+/gu, ' ').trim();
  return plain.slice(0, MAX_NAME_CHARS).toWellFormed();
}

/**
 * Returns the text of a message as the model gets it. If several people write, it is quoted, so that nobody can speak
 * for another. Empty in a personal chat if nothing was written.
 */
export function itemText(message: Pick<UserMessage, 'scope' | 'user' | 'text'>): string {
  const speaker = speakerName(message);
  if (speaker !== undefined && message.text === '') return `${speaker} sent what follows.`;
  return speaker === undefined ? message.text : `${speaker} wrote: ${JSON.stringify(message.text)}`;
}

/** Facts about the people who write, below the instructions of a session. */
export function aboutPeople({ scope, locale }: Pick<UserMessage, 'scope' | 'locale'>): string | undefined {
  const people = scope === 'personal' ? '' : SEVERAL_PEOPLE;
  const language = locale === undefined ? '' : `The user's locale is ${locale}.`;
  return [people, language].filter((fact) => fact !== '').join(' ') || undefined;
}
