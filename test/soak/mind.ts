import type { Responder } from '../../dev/simulator/responder.ts';
import { judgeMemory } from '../support/kit/judge.ts';
import type { Message, SoakLedger } from './ledger.ts';
import { drawModelFault, randomOfAsk } from './model-faults.ts';
import { perform } from './performances.ts';
import { replyKind } from './replies.ts';

/** The bot's bound; leaves it the newest three quarters, rounded down, when it cuts. */
export const HISTORY_TURNS = 12;
/** Turns that are remembered whatever happens; one less than the bound leaves, for a turn that nobody saw end. */
const SURELY_REMEMBERED = 8;
/** Quotes, line breaks and the like: what a transcript as JSON has to keep apart. */
const ENDS = ['yes.', 'it said "no".', 'one\ntwo\n\n[three]', '👍 Ünïcödé', '{"role":"system"}', '**bold** `code`'];

/** Answers each message with its own token, or with a fault, and looks at what the bot let it remember. */
export function faultyMind(ledger: SoakLedger, seed: number): Responder {
  return ({ history, text }) => {
    const message = ledger.find(text);
    if (message === undefined) {
      ledger.note('question of nobody', text.slice(0, 80));
      return { outputs: [{ text: 'What?' }], ending: { kind: 'completed' } };
    }
    const { token } = message;
    const expected = answeredBefore(message, ledger);
    ledger.count('memory', 'asked');
    for (const _ of expected) ledger.count('memory', 'expected');
    judgeMemory(history, message, expected, { ledger, isOnce: false });
    const random = randomOfAsk(seed, token, message.asks.length);
    const fault = drawModelFault(random);
    message.asks.push({ atMs: Date.now(), fault });
    ledger.count('model', fault);
    return perform(fault, { text: `${token} ${random.pick(ENDS)}`, sample: message.conversation.index }, random);
  };
}

/**
 * Messages of this conversation that were answered in full, among its last few turns. Not those that were answered beside
 * the queue: such a turn and one of the queue may not know of each other.
 */
function answeredBefore(message: Message, { isShared }: SoakLedger): Message[] {
  if (isShared && message.isInBand) return [];
  const turns = message.conversation.messages
    .flatMap((other) => {
      const [first] = other.sends;
      // A turn whose reply never reached the channel is remembered all the same.
      const atMs = first?.atMs ?? other.asks.at(-1)?.atMs;
      return other === message || atMs === undefined ? [] : [{ other, first, atMs }];
    })
    .filter(({ first }) => first === undefined || replyKind(first) !== 'refused')
    .sort((a, b) => a.atMs - b.atMs);
  return turns
    .slice(-SURELY_REMEMBERED)
    .filter(({ first }) => first !== undefined && ['spoken', 'text'].includes(replyKind(first)))
    .filter(({ other }) => !(isShared && other.isInBand))
    .map(({ other }) => other);
}
