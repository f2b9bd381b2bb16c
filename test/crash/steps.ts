/**
 * The steps of a turn at which its instance is killed, in the order in which a turn comes to them, and of a command.
 */
export const STEPS = {
  storing: 'accepting: before the COMMIT',
  accepting: 'accepting: after the COMMIT, before the 200',
  queued: 'accepted, waiting in the queue',
  fetched: 'fetched, not begun',
  begun: 'begun, nothing read yet',
  reading: 'reading a file',
  reserving: 'before spending is reserved',
  reserved: 'after spending is reserved',
  connecting: 'connecting to the model',
  generating: 'between two deltas',
  streaming: 'showing live text',
  storingAudio: 'before audio is stored',
  storedAudio: 'after audio is stored',
  saving: 'saving: before the COMMIT',
  saved: 'saving: after the COMMIT, nothing sent',
  sending: 'sent, not taken by the channel',
  between: 'first of two POSTs confirmed, second not taken',
  taken: 'taken by the channel, not confirmed',
  settling: 'confirmed, spending not settled',
  completing: 'completing: before the COMMIT',
  completed: 'completing: after the COMMIT',
  applying: 'command: before the COMMIT',
  applied: 'command: after the COMMIT, before the 200',
  confirming: 'command: its answer taken, not confirmed',
} as const;

export type Step = keyof typeof STEPS;

/** What else is written in a conversation. */
export const OTHERS = {
  first: 'long before a kill',
  waiting: 'waiting behind such a turn',
  impatient: 'written right after the kill',
  afterwards: 'written after the recovery',
  chat: 'to three instances',
} as const;

export type Kind = Step | keyof typeof OTHERS;

export const ALL_STEPS = Object.keys(STEPS) as readonly Step[];
export const COMMANDS: ReadonlySet<Kind> = new Set<Kind>(['applying', 'applied', 'confirming']);

/**
 * In the order in which they are begun before a kill, by how long the bot waits there: 15 s for a send, 10 s for a
 * connection, 5 s for the database, 2 s for audio. Nothing is fetched any more once an answer to a fetch is held.
 */
export const WAVES: readonly (readonly Step[])[] = [
  ['reading', 'generating', 'streaming', 'sending', 'between', 'taken', 'confirming'],
  ['connecting'],
  [
    ...(['begun', 'reserving', 'reserved', 'saving', 'saved', 'settling'] as const),
    ...(['completing', 'completed', 'storing', 'accepting', 'applying', 'applied'] as const),
  ],
  ['storingAudio', 'storedAudio'],
  ['fetched'],
  ['queued'],
];

/** An instance makes one audio statement at a time: the one is held before odd kills, the other before even ones. */
export function isHeldBefore(killNumber: number, step: Step): boolean {
  if (step === 'storingAudio') return killNumber % 2 === 1;
  return step !== 'storedAudio' || killNumber % 2 === 0;
}

/** Of these steps none is waited behind. */
export const UNFOLLOWED: ReadonlySet<Kind> = new Set<Kind>([...COMMANDS, 'storing', 'accepting']);

/** For how long a turn stays at its step, in milliseconds. */
export function staysMs(kind: Kind): number {
  if (WAVES[0]?.includes(kind as Step)) return 9_900;
  if (kind === 'storingAudio' || kind === 'storedAudio') return 1_900;
  return kind === 'connecting' ? 9_900 : 4_900;
}
