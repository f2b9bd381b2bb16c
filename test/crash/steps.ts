/** The steps of a turn at which its instance is killed, in the order in which a turn comes to them. */
export const STEPS = {
  accepting: 'kept, the 200 not yet given',
  accepted: 'after the 200, before the runner',
  connecting: 'while connecting',
  generating: 'during generation',
  saving: 'generated, not yet saved',
  saved: 'after the save, before the send',
  sending: 'sent, not taken',
  taken: 'taken, not confirmed',
  unrecorded: 'confirmed, not recorded',
  recorded: 'recorded, not yet removed',
  anywhere: 'at a random moment',
} as const;

export type Step = keyof typeof STEPS;

/** What else is written in a conversation. */
export const OTHERS = {
  first: 'long before a kill',
  waiting: 'waiting behind such a turn',
  impatient: 'written right after the kill',
  afterwards: 'written after the recovery',
  chat: 'of three instances',
  hasty: 'with the message before it',
} as const;

export type Kind = Step | keyof typeof OTHERS;

export const ALL_STEPS = Object.keys(STEPS) as readonly Step[];

/**
 * In the order in which they are begun before a kill, by how long the bot waits there: 15 s for a send, 10 s for a
 * connection, 4 s for the storage.
 */
export const ORDER: readonly (readonly Step[])[] = [
  ['generating', 'sending', 'taken'],
  ['connecting'],
  ['accepting', 'accepted', 'saving', 'saved', 'unrecorded', 'recorded'],
];

/** For how long a turn stays at its step, in milliseconds; none of `anywhere`. */
export function staysMs(kind: Kind): number {
  if (ORDER[2]?.includes(kind as Step)) return 3_900;
  return kind === 'connecting' ? 9_900 : 14_900;
}
