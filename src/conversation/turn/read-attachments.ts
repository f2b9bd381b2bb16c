import { MAX_FILES, quoteLine, type SentFile } from '../../attachments/message-parts.ts';
import { readFile } from '../../attachments/reader.ts';
import type { SemaphoreBounds } from '../../attachments/semaphore.ts';
import { samplesIn } from '../../audio/wav.ts';
import { unlessAborted, withTimeoutSignal } from '../../deadline.ts';
import { AttachmentError } from '../../errors.ts';
import { clockTime, messagesFor } from '../../messages/messages.ts';
import type { ContentPart } from '../../realtime/content.ts';
import { canOpenPage } from '../reply.ts';
import type { Services } from '../services.ts';
import { personOf } from '../speakers.ts';
import type { MessageAttachment } from '../user-message.ts';
import type { Turn } from './turn.ts';

type AttachmentServices = Pick<Services, 'files' | 'audioStore' | 'channel' | 'clock'>;

/** What came along with a message, read; in the order of its attachments. */
export interface ReadAttachments {
  /** For the model: what belongs before what the user wrote. */
  readonly before: string[];
  /** For the model: what belongs after it. */
  readonly parts: ContentPart[];
  /** Tell the model, after the message, what could not be read. */
  readonly modelWarnings: string[];
  /** Tell the user what could not be read, a sentence each. */
  readonly warnings: string[];
  /** What is remembered of it, a line each; of a voice message with its transcript. */
  readonly remembered: ((transcript: string | undefined) => string)[];
  audioMs: number;
}

/**
 * Files that are fetched and read at the same time: they take 60 MB at most, however many conversations there are. A
 * person's share leaves room for others, also in the queues of the threads that read pictures and audio.
 */
export const FILE_BOUNDS: SemaphoreBounds = { max: 4, maxPerPerson: 2, maxWaitingPerPerson: 8 };
/** For all files of a message together; the user sees that the bot is at work. */
const READ_LIMIT_MS = 45_000;
/** What a model is given of one message, and the longest clip. */
const MAX_AUDIO_MS = 181_000;
/** Only the first 1,000 characters of a file go into the history. */
const MAX_REMEMBERED_CHARS = 1_000;

type Recording = Extract<MessageAttachment, { kind: 'recording' }>;

interface Content {
  readonly part: ContentPart;
  readonly remembered: (transcript: string | undefined) => string;
  readonly audioMs?: number;
}

interface Reading {
  readonly turn: Pick<Turn, 'message' | 'log' | 'signal'>;
  readonly services: AttachmentServices;
  /** Ends the reading as well when it takes too long. */
  readonly limited: AbortSignal;
}

/** Fetches and reads all that came along with a message. Rejects only with the reason of the turn's aborted signal. */
export async function readAttachments(
  turn: Reading['turn'] & { readonly telemetry: Pick<Turn['telemetry'], 'step'> },
  services: AttachmentServices,
): Promise<ReadAttachments> {
  const { message, signal, telemetry } = turn;
  const read: ReadAttachments = { before: [], parts: [], modelWarnings: [], warnings: [], remembered: [], audioMs: 0 };
  if (message.attachments.length === 0) return read;
  const late = () => new AttachmentError('too_slow', `not all was read within ${READ_LIMIT_MS} ms`);
  const deadline = { clock: services.clock, limitMs: READ_LIMIT_MS, signal, late };
  await telemetry.step('read', () =>
    withTimeoutSignal(deadline, async (limited) => {
      // One after another: each may be large.
      for (const attachment of message.attachments) await readOne(attachment, read, { turn, services, limited });
    }),
  );
  return read;
}

async function readOne(attachment: MessageAttachment, read: ReadAttachments, reading: Reading): Promise<void> {
  const { message } = reading.turn;
  const { attachments: words } = messagesFor(message.locale);
  const warn = (text: string, what?: string) => {
    read.warnings.push(text);
    if (what !== undefined)
      read.modelWarnings.push(`The user also sent ${what}, which could not be read; they are told so.`);
  };
  switch (attachment.kind) {
    case 'quote': {
      const line = quoteLine(attachment);
      if (attachment.of === 'reply') read.before.push(line);
      else read.parts.push({ kind: 'text', text: line });
      read.remembered.push(() => `(${line})`);
      return;
    }
    case 'teamsVoiceClip': {
      // The page is recommended only where it can be reached.
      const hasPage = canOpenPage(reading.services.channel.recordingAccess(message));
      return warn(hasPage ? words.voiceClip : words.voiceClipNoPage);
    }
    case 'teamsVideoClip':
      return warn(words.videoClip);
    case 'withheldFile': {
      // What Teams does not give in channels and group chats, it gives in a chat of two.
      const text = message.scope === 'personal' ? words.withheldFile : words.withheldFileInGroup;
      return warn(text, 'a file, of which nothing but its place came');
    }
    case 'loop':
      return warn(words.loop(attachment.url), 'a component of Microsoft Loop');
    case 'unreadable':
      return warn(words.unreadable, 'a card or an attachment');
    case 'tooManyFiles':
      return warn(words.tooMany(String(MAX_FILES), String(attachment.count)));
    case 'file':
    case 'recording':
      return readSource(attachment, read, reading, warn);
  }
  // A newer version of the bot has accepted it, whose kinds this one does not know.
  warn(words.unreadable, 'an attachment');
}

async function readSource(
  source: SentFile | Recording,
  read: ReadAttachments,
  reading: Reading,
  warn: (text: string, what?: string) => void,
): Promise<void> {
  const { message, log, signal } = reading.turn;
  const { attachments: words } = messagesFor(message.locale);
  try {
    const { part, audioMs = 0, remembered } = await unlessAborted(reading.limited, () => contentOf(source, reading));
    if (read.audioMs + audioMs > MAX_AUDIO_MS) throw new AttachmentError('too_long', 'all clips of a message together');
    // There is one transcript for all clips: it stands with the first of them.
    const isFirst = !read.parts.some(({ kind }) => kind === 'audio');
    read.parts.push(part);
    read.remembered.push((transcript) => remembered(isFirst ? transcript : undefined));
    read.audioMs += audioMs;
  } catch (err) {
    signal.throwIfAborted();
    const code = err instanceof AttachmentError ? err.code : 'damaged';
    log.warn({ err, code }, 'attachment not read');
    // A recording cannot be sent again: its recording link is used.
    if (source.kind === 'recording') warn(words.recordingLost);
    else warn(words.notRead[code](source.name), source.name === undefined ? 'a file' : JSON.stringify(source.name));
  }
}

async function contentOf(source: SentFile | Recording, { turn, services, limited }: Reading): Promise<Content> {
  const { files, audioStore } = services;
  const { message } = turn;
  if (source.kind === 'recording') {
    const recording = await audioStore.find(source.audioId);
    const wav = recording && (await audioStore.read(recording.id));
    if (wav === undefined) throw new AttachmentError('not_fetched', 'the recording is not stored any more');
    return audioOf(samplesIn(wav), recording?.durationMs ?? 0);
  }
  const file = await files.semaphore.run(personOf(message), limited, async () =>
    readFile(source, await files.fetch(source, message.reference, limited), files.readers, limited),
  );
  switch (file.kind) {
    case 'audio':
      return audioOf(file.pcm, file.durationMs);
    case 'picture': {
      const name = file.name === undefined ? 'a picture' : `the picture ${JSON.stringify(file.name)}`;
      return { part: { kind: 'image', dataUri: file.dataUri }, remembered: () => `(${name})` };
    }
    case 'text': {
      const beginning = file.text.slice(0, MAX_REMEMBERED_CHARS).toWellFormed();
      return { part: { kind: 'text', text: file.text }, remembered: () => `(${beginning})` };
    }
  }
}

function audioOf(pcm: Uint8Array, audioMs: number): Content {
  const quoted = (transcript: string | undefined) =>
    transcript === undefined ? '' : `: ${JSON.stringify(transcript)}`;
  const remembered = (transcript: string | undefined) => `(voice message, ${clockTime(audioMs)}${quoted(transcript)})`;
  return { part: { kind: 'audio', pcm }, remembered, audioMs };
}
