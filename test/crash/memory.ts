import type { HistoryLine } from '../../dev/simulator/mind.ts';
import { answerOf, type Ledger, type Message, tokensIn } from './ledger.ts';

/** Whether the model was told what was said before, all of it, once, and of no other conversation. */
export function checkMemory(said: readonly HistoryLine[], message: Message, ledger: Ledger): void {
  const { conversation, token } = message;
  for (const other of new Set(said.flatMap(({ text }) => tokensIn(text)))) {
    const isOwn = ledger.find(other)?.conversation === conversation;
    if (!isOwn) ledger.note(`crossed memory: ${token} was asked with ${other} in its history`);
  }
  for (const before of conversation.messages.filter(({ number }) => number < message.number)) {
    if (answerOf(before) === undefined) continue;
    const roles = said.filter(({ text }) => tokensIn(text).includes(before.token)).map(({ role }) => role);
    if (roles.join() === 'user,assistant') continue;
    const known = said.map(({ role, text }) => `${role.slice(0, 1)}:${tokensIn(text).join('+')}`).join(' ');
    const what = roles.length > 2 ? 'told twice' : 'history gap';
    ledger.note(`${what}: ${token} was asked with ${before.token} as (${roles}); all of it: ${known || 'nothing'}`);
  }
}
