import type { HistoryLine } from '../../../dev/simulator/responder.ts';
import { type BaseConversation, type BaseMessage, type BaseSend, type Ledger, tokensIn } from './ledger.ts';

type Message = BaseMessage<BaseConversation<unknown>>;

/**
 * How a send is wrong: its address, or a text of another conversation or of another message of the same conversation.
 */
export type Mixup = 'wrong address' | 'other conversation' | 'other message';

/** Reports a wrong address, and each token of another message. */
export function judgeAddress(
  { text, isWellAddressed }: BaseSend,
  { token, conversation }: Message,
  report: (mixup: Mixup, details: string) => void,
): void {
  if (!isWellAddressed) report('wrong address', text.slice(0, 100));
  for (const other of tokensIn(text)) {
    if (other !== token) report(isOf(conversation, other) ? 'other message' : 'other conversation', `got ${other}`);
  }
}

export function isOf({ index }: { readonly index: number }, token: string): boolean {
  return token.startsWith(`c${index}-`);
}

/**
 * Notes tokens of other conversations in the history of a request, and `expected` messages whose question or answer is
 * missing. `isOnce`: also those that occur twice.
 */
export function judgeMemory<M extends BaseMessage<C>, C extends BaseConversation<M>>(
  history: readonly HistoryLine[],
  { token, conversation }: M,
  expected: readonly M[],
  { ledger, isOnce }: { readonly ledger: Ledger<M, C>; readonly isOnce: boolean },
): void {
  for (const other of new Set(history.flatMap(({ text }) => tokensIn(text)))) {
    if (!isOf(conversation, other)) ledger.note('crossed memory', `${token} was asked with ${other} in its history`);
  }
  const content =
    history.map(({ role, text }) => `${role.slice(0, 1)}:${tokensIn(text).join('+')}`).join(' ') || 'nothing';
  for (const earlier of expected) {
    const roles = history.filter(({ text }) => tokensIn(text).includes(earlier.token)).map(({ role }) => role);
    const isWhole = isOnce ? roles.join() === 'user,assistant' : roles.includes('user') && roles.includes('assistant');
    if (isWhole) continue;
    const what = roles.length > 2 ? 'repeated memory' : 'lost memory';
    ledger.note(what, `${token} was asked with ${earlier.token} as (${roles}); the whole history: ${content}`);
  }
}

const WAV_HEADER_BYTES = 44;
const FETCH_TIMEOUT_MS = 5_000;

/** The audio of a reply, PCM16 LE mono 24 kHz: every sample is the number of its conversation. */
export function audioOf(index: number, lengthMs: number): Buffer {
  return Buffer.alloc(lengthMs * 48, new Uint8Array(Int16Array.of(index).buffer));
}

/**
 * Fetches the audio of a reply: `right`, `crossed` (that of another conversation), or a description of the error. Never
 * rejects. `lengthMs`: default is any.
 */
export async function checkAudio(url: string, index: number, lengthMs?: number): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) return `HTTP ${response.status}`;
    const pcm = Buffer.from(await response.arrayBuffer()).subarray(WAV_HEADER_BYTES);
    const isRight = pcm.byteLength > 0 && pcm.equals(audioOf(index, lengthMs ?? pcm.byteLength / 48));
    return isRight ? 'right' : 'crossed';
  } catch (error) {
    const { name, message } = error as Error;
    return `not fetched: ${name} ${message}`;
  }
}
