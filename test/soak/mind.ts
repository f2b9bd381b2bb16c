import type { HistoryLine, Mind } from '../../dev/simulator/mind.ts';
import { isOf, type Ledger, type Message, tokensIn } from './ledger.ts';
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
export function faultyMind(ledger: Ledger, seed: number): Mind {
  return ({ said, text }) => {
    const token = tokensIn(text)[0] ?? '';
    const message = ledger.find(token);
    if (message === undefined) {
      ledger.note('question of nobody', text.slice(0, 80));
      return { outputs: [{ text: 'What?' }], ending: { kind: 'completed' } };
    }
    checkMemory(said, message, ledger);
    const random = randomOfAsk(seed, token, message.asks.length);
    const fault = drawModelFault(random);
    message.asks.push({ atMs: Date.now(), fault });
    ledger.count('model', fault);
    return perform(fault, { text: `${token} ${random.pick(ENDS)}`, sample: message.conversation.index }, random);
  };
}

function checkMemory(said: readonly HistoryLine[], message: Message, ledger: Ledger): void {
  const { conversation } = message;
  const remembered = new Set(said.flatMap(({ text }) => tokensIn(text)));
  ledger.count('memory', 'asked');
  for (const token of remembered) {
    if (isOf(conversation, token)) continue;
    ledger.note('crossed memory', `${message.token} was asked with ${token} in its history`);
  }
  for (const { token } of answeredBefore(message)) {
    const roles = said.filter(({ text }) => tokensIn(text).includes(token)).map(({ role }) => role);
    ledger.count('memory', 'expected');
    if (roles.includes('user') && roles.includes('assistant')) continue;
    const known = [...remembered].join(' ') || 'nothing';
    ledger.note('lost memory', `${message.token} was asked without ${token} (${roles}), with ${known}`);
  }
}

/** Messages of this conversation that were answered in full, among its last few turns. */
function answeredBefore(message: Message): Message[] {
  const turns = message.conversation.messages
    .flatMap((other) =>
      other === message || other.attempts[0] === undefined ? [] : [{ other, first: other.attempts[0] }],
    )
    .filter(({ first }) => replyKind(first) !== 'refused')
    .sort((a, b) => a.first.atMs - b.first.atMs);
  return turns
    .slice(-SURELY_REMEMBERED)
    .filter(({ first }) => ['spoken', 'text'].includes(replyKind(first)))
    .map(({ other }) => other);
}
