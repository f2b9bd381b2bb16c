import type { Responder } from '../../dev/simulator/responder.ts';
import { judgeMemory } from '../support/kit/judge.ts';
import type { Message, SoakLedger } from './ledger.ts';
import { drawModelFault, randomOfAsk } from './model-faults.ts';
import { replyKind } from './replies.ts';
import { scriptedResponse } from './scripted-responses.ts';

/** The bot's limit. When the history exceeds it, the bot keeps the newest three quarters, rounded down. */
export const HISTORY_TURNS = 12;
/** Turns that are always remembered: one less than the bot keeps, because of a turn without a visible end. */
const SURELY_REMEMBERED = 8;
/** Quotes, line breaks and other characters that a transcript in JSON has to escape. */
const ENDS = ['yes.', 'it said "no".', 'one\ntwo\n\n[three]', '👍 Ünïcödé', '{"role":"system"}', '**bold** `code`'];

/** Answers each message with its token, or with a fault, and checks the history. */
export function faultyResponder(ledger: SoakLedger, seed: number): Responder {
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
    return scriptedResponse(
      fault,
      { text: `${token} ${random.pick(ENDS)}`, sample: message.conversation.index },
      random,
    );
  };
}

/**
 * Completely answered messages among the last turns of this conversation, without `expectReplies` messages: such a turn
 * and one of the queue may not see each other.
 */
function answeredBefore(message: Message, { isShared }: SoakLedger): Message[] {
  if (isShared && message.expectsReplies) return [];
  const turns = message.conversation.messages
    .flatMap((other) => {
      const [first] = other.sends;
      // A turn is remembered even if its reply never reached the channel.
      const atMs = first?.atMs ?? other.asks.at(-1)?.atMs;
      return other === message || atMs === undefined ? [] : [{ other, first, atMs }];
    })
    .filter(({ first }) => first === undefined || replyKind(first) !== 'refused')
    .sort((a, b) => a.atMs - b.atMs);
  return turns
    .slice(-SURELY_REMEMBERED)
    .filter(({ first }) => first !== undefined && ['spoken', 'text'].includes(replyKind(first)))
    .filter(({ other }) => !(isShared && other.expectsReplies))
    .map(({ other }) => other);
}
