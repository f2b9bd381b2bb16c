import { answerOf, type Message } from './ledger.ts';

const LENGTH_MS = 600;
const LIMIT_MS = 5_000;
const WAV_HEADER_BYTES = 44;

/** PCM16 LE mono 24 kHz: every sample of a conversation's answers is its number. */
export function soundOf(index: number): Buffer {
  return Buffer.alloc(LENGTH_MS * 48, new Uint8Array(Int16Array.of(index).buffer));
}

/** Fetches the sound of a message's answer from an instance: `right`, `missing`, `crossed`, or what came instead. */
export async function hear(message: Message, instanceUrl: string): Promise<string | undefined> {
  const shown = answerOf(message);
  if (shown === undefined) return undefined;
  const link = shown.soundUrl;
  if (link === undefined) return 'missing';
  try {
    const wav = await fetchSound(link, instanceUrl);
    if (typeof wav === 'string') return wav;
    const isRight = wav.subarray(WAV_HEADER_BYTES).equals(soundOf(message.conversation.index));
    return isRight ? 'right' : 'crossed';
  } catch (error) {
    return String(error);
  }
}

/** What the storage did not take in time stands in the message itself. */
async function fetchSound(link: string, instanceUrl: string): Promise<Buffer | string> {
  const { protocol, pathname, search } = new URL(link);
  const url = protocol === 'data:' ? link : `${instanceUrl}${pathname}${search}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : `HTTP ${answer.status}`;
}
