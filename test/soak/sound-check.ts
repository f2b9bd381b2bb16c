import type { Body } from './channel.ts';
import type { Ledger, Message } from './ledger.ts';
import { linkIn } from './replies.ts';

/** The address of a reply's sound, wherever the channel has it: attached, below the text, or on a card. */
function soundUrl({ attachments = [], text = '' }: Body): string | undefined {
  const [first] = attachments;
  const pageUrl = linkIn(text) ?? first?.content?.actions?.find(({ url }) => url !== undefined)?.url;
  return first?.contentUrl ?? (pageUrl === undefined ? undefined : `${pageUrl}.wav`);
}

const LIMIT_MS = 5_000;
const WAV_HEADER_BYTES = 44;
const STRIDE_BYTES = 4_800;

/** Fetches a reply's sound, as a client does at once, and looks whether it is this conversation's. Never rejects. */
export async function checkSound({ conversation, token }: Message, body: Body, ledger: Ledger): Promise<void> {
  const url = soundUrl(body);
  if (url === undefined) return;
  // A channel's own place for uploads: nothing of the bot's is left to look at.
  if (url.includes('/v3/attachments/')) return ledger.count('sound', 'uploaded');
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    if (!answer.ok) return ledger.count('sound', `HTTP ${answer.status}`);
    const wav = Buffer.from(await answer.arrayBuffer());
    const isRight = isOnly(wav, conversation.index);
    ledger.count('sound', isRight ? 'right' : 'crossed');
    if (!isRight) ledger.note('crossed sound', `${token} got ${wav.readInt16LE(WAV_HEADER_BYTES)}`);
  } catch {
    ledger.count('sound', 'not fetched');
  }
}

function isOnly(wav: Buffer, sample: number): boolean {
  if (wav.byteLength < WAV_HEADER_BYTES + 2) return false;
  for (let at = WAV_HEADER_BYTES; at + 1 < wav.byteLength; at += STRIDE_BYTES) {
    if (wav.readInt16LE(at) !== sample) return false;
  }
  return true;
}
