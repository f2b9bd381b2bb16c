import type { HistoryLine } from '../../../dev/simulator/responder.ts';
import { type BaseConversation, type BaseMessage, type BaseSend, type Ledger, tokensIn } from './ledger.ts';

type Message = BaseMessage<BaseConversation<unknown>>;

/** How a send is wrong in what it says or in its address. */
export type Mixup = 'wrong address' | 'crossed' | 'mixed up';

/** Reports sends with a wrong address, and with tokens of other conversations or of other messages of their own. */
export function judgeAddress(
  { text, isWellAddressed }: BaseSend,
  { token, conversation }: Message,
  tell: (mixup: Mixup, details: string) => void,
): void {
  if (!isWellAddressed) tell('wrong address', text.slice(0, 100));
  for (const other of tokensIn(text)) {
    if (other !== token) tell(isOf(conversation, other) ? 'mixed up' : 'crossed', `got ${other}`);
  }
}

export function isOf({ index }: { readonly index: number }, token: string): boolean {
  return token.startsWith(`c${index}-`);
}

/**
 * Notes each token of another conversation in what the model is told, and each of the `expected` messages of which it
 * is told no question or no answer. `isOnce`: nor either of them twice.
 */
export function judgeMemory<M extends BaseMessage<C>, C extends BaseConversation<M>>(
  said: readonly HistoryLine[],
  { token, conversation }: M,
  expected: readonly M[],
  { ledger, isOnce }: { readonly ledger: Ledger<M, C>; readonly isOnce: boolean },
): void {
  for (const other of new Set(said.flatMap(({ text }) => tokensIn(text)))) {
    if (!isOf(conversation, other)) ledger.note('crossed memory', `${token} was asked with ${other} in its history`);
  }
  const known = said.map(({ role, text }) => `${role.slice(0, 1)}:${tokensIn(text).join('+')}`).join(' ') || 'nothing';
  for (const before of expected) {
    const roles = said.filter(({ text }) => tokensIn(text).includes(before.token)).map(({ role }) => role);
    const isWhole = isOnce ? roles.join() === 'user,assistant' : roles.includes('user') && roles.includes('assistant');
    if (isWhole) continue;
    const what = roles.length > 2 ? 'told twice' : 'lost memory';
    ledger.note(what, `${token} was asked with ${before.token} as (${roles}); all of it: ${known}`);
  }
}

const WAV_HEADER_BYTES = 44;
const FETCH_LIMIT_MS = 5_000;

/** A reply's sound as PCM16 LE mono 24 kHz: every sample is the number of its conversation. */
export function soundOf(index: number, lengthMs: number): Buffer {
  return Buffer.alloc(lengthMs * 48, new Uint8Array(Int16Array.of(index).buffer));
}

/** Fetches a reply's sound: `right`, `crossed`, or what came instead. Never rejects. `lengthMs` defaults to any length. */
export async function hear(url: string, index: number, lengthMs?: number): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
    if (!answer.ok) return `HTTP ${answer.status}`;
    const pcm = Buffer.from(await answer.arrayBuffer()).subarray(WAV_HEADER_BYTES);
    const isRight = pcm.byteLength > 0 && pcm.equals(soundOf(index, lengthMs ?? pcm.byteLength / 48));
    return isRight ? 'right' : 'crossed';
  } catch (error) {
    const { name, message } = error as Error;
    return `not fetched: ${name} ${message}`;
  }
}
