import { MAX_FILES, quoteLine, type SentFile } from '../../attachments/message-parts.ts';
import { readFile } from '../../attachments/reader.ts';
import type { SemaphoreBounds } from '../../attachments/semaphore.ts';
import { durationMs } from '../../audio/pcm.ts';
import { samplesIn } from '../../audio/wav.ts';
import { unlessAborted, withTimeoutSignal } from '../../deadline.ts';
import { AttachmentError } from '../../errors.ts';
import { clockTime } from '../../messages/messages.ts';
import type { ContentPart } from '../../realtime/content.ts';
import { canOpenPage } from '../reply.ts';
import { personOf } from '../speakers.ts';
import type { MessageAttachment } from '../user-message.ts';
import type { Turn } from './turn.ts';

/** What was read of the attachments of a message, in their order. */
export interface ReadAttachments {
  /** For the model: what belongs before what the user wrote. */
  readonly leading: string[];
  /** For the model: what belongs after it. */
  readonly parts: ContentPart[];
  /** For the model, after all parts: what could not be read. */
  readonly modelWarnings: string[];
  /** For the user: what could not be read, a sentence each. */
  readonly warnings: string[];
  /** For the history, a line each. That of a voice message holds its transcript. */
  readonly historyLines: ((transcript: string | undefined) => string)[];
  audioMs: number;
}

/**
 * Files that are fetched and read at the same time: they take 60 MB at most, however many conversations there are. A
 * person's share leaves room for others, also in the queues of the threads that read pictures and audio.
 */
export const FILE_BOUNDS: SemaphoreBounds = { max: 4, maxPerPerson: 2, maxWaitingPerPerson: 8 };
/** For all files of a message together; the user sees that the bot is at work. Recordings wait for their store. */
const READ_LIMIT_MS = 45_000;
/** Longer than a failover. A store that stays away must not hold up all turns of the instance. */
const MAX_RECORDING_WAIT_MS = 600_000;
/**
 * Limits the audio of one message that the model gets, and so the longest clip: 3 minutes, and a second of tolerance.
 */
const MAX_AUDIO_MS = 181_000;
/** Only the first 1,000 characters of a file go into the history. */
const MAX_REMEMBERED_CHARS = 1_000;

type Recording = Extract<MessageAttachment, { kind: 'recording' }>;

interface Content {
  readonly part: ContentPart;
  readonly historyLine: (transcript: string | undefined) => string;
  readonly audioMs?: number;
}

interface Reading {
  readonly turn: Turn;
  /** Ends the reading of files as well when it takes too long. */
  readonly limited: AbortSignal;
  /** What was read so far. */
  readonly read: ReadAttachments;
}

/** Fetches and reads all that came along with a message. Rejects only with the reason of the turn's aborted signal. */
export async function readAttachments(turn: Turn): Promise<ReadAttachments> {
  const { message, signal, telemetry, services } = turn;
  const read: ReadAttachments = {
    leading: [],
    parts: [],
    modelWarnings: [],
    warnings: [],
    historyLines: [],
    audioMs: 0,
  };
  if (message.attachments.length === 0) return read;
  const late = () => new AttachmentError('too_slow', `not all was read within ${READ_LIMIT_MS} ms`);
  const deadline = { clock: services.clock, limitMs: READ_LIMIT_MS, signal, late };
  await telemetry.step('read', () =>
    withTimeoutSignal(deadline, async (limited) => {
      // One after another: each may be large.
      for (const attachment of message.attachments) await readOne(attachment, { turn, limited, read });
    }),
  );
  return read;
}

async function readOne(attachment: MessageAttachment, reading: Reading): Promise<void> {
  const { read, turn } = reading;
  const { message, services } = turn;
  const { attachments: words } = turn.messages;
  switch (attachment.kind) {
    case 'quote': {
      const line = quoteLine(attachment);
      if (attachment.of === 'reply') read.leading.push(line);
      else read.parts.push({ kind: 'text', text: line });
      read.historyLines.push(() => `(${line})`);
      return;
    }
    case 'teamsVoiceClip': {
      // The page is recommended only where it can be reached.
      const hasPage = canOpenPage(services.channel.recordingAccess(message));
      return warn(reading, hasPage ? words.voiceClip : words.voiceClipNoPage);
    }
    case 'teamsVideoClip':
      return warn(reading, words.videoClip);
    case 'withheldFile': {
      // Teams sends files in personal chats only, so a missing one is unusual there and gets another text.
      const text = message.scope === 'personal' ? words.withheldFile : words.withheldFileInGroup;
      return warn(reading, text, 'a file, of which nothing but its place came');
    }
    case 'loop':
      return warn(reading, words.loop(attachment.url), 'a component of Microsoft Loop');
    case 'unreadable':
      return warn(reading, words.unreadable, 'a card or an attachment');
    case 'tooManyFiles':
      return warn(reading, words.tooMany(String(MAX_FILES), String(attachment.count)));
    case 'file':
    case 'recording':
      return readSource(attachment, reading);
  }
  // A newer version of the bot has accepted the message, with a kind that this version does not know.
  warn(reading, words.unreadable, 'an attachment');
}

/** Tells the user, and the model with `what`, that something could not be read. */
function warn({ read }: Reading, text: string, what?: string): void {
  read.warnings.push(text);
  if (what !== undefined)
    read.modelWarnings.push(`The user also sent ${what}, which could not be read; they are told so.`);
}

async function readSource(source: SentFile | Recording, reading: Reading): Promise<void> {
  const { read, turn } = reading;
  const { log, signal } = turn;
  const { attachments: words } = turn.messages;
  try {
    const content = source.kind === 'recording' ? recordingContent(source, reading) : fileContent(source, reading);
    const { part, audioMs = 0, historyLine } = await content;
    if (read.audioMs + audioMs > MAX_AUDIO_MS) throw new AttachmentError('too_long', 'all clips of a message together');
    // There is one transcript for all clips: it stands with the first of them.
    const isFirst = !read.parts.some(({ kind }) => kind === 'audio');
    read.parts.push(part);
    read.historyLines.push((transcript) => historyLine(isFirst ? transcript : undefined));
    read.audioMs += audioMs;
  } catch (err) {
    signal.throwIfAborted();
    const code = err instanceof AttachmentError ? err.code : 'damaged';
    log.warn({ err, code }, 'attachment not read');
    // A recording cannot be sent again: its recording link is used.
    if (source.kind === 'recording') warn(reading, words.recordingLost);
    else {
      const what = source.name === undefined ? 'a file' : JSON.stringify(source.name);
      warn(reading, words.notRead[code](source.name), what);
    }
  }
}

/** The message was accepted and cannot be sent again, so a store that fails is awaited, but not forever. */
async function recordingContent({ audioId }: Recording, { turn }: Reading): Promise<Content> {
  const { audioStore, clock } = turn.services;
  const late = () => new AttachmentError('not_fetched', 'the store of the recording did not answer');
  const deadline = { clock, limitMs: MAX_RECORDING_WAIT_MS, signal: turn.signal, late };
  return withTimeoutSignal(deadline, async (signal) => {
    const recording = await turn.retryStore(() => audioStore.find(audioId), signal);
    const wav = recording && (await turn.retryStore(() => audioStore.read(recording.id), signal));
    if (wav === undefined) throw new AttachmentError('not_fetched', 'the recording is not stored any more');
    return audioOf(samplesIn(wav));
  });
}

async function fileContent(source: SentFile, { turn, limited }: Reading): Promise<Content> {
  const { message, services } = turn;
  const { files } = services;
  const read = async () =>
    readFile(source, await files.fetch(source, message.reference, limited), files.readers, limited);
  const file = await unlessAborted(limited, () => files.semaphore.run(personOf(message), limited, read));
  switch (file.kind) {
    case 'audio':
      return audioOf(file.pcm);
    case 'picture': {
      const name = source.name === undefined ? 'a picture' : `the picture ${JSON.stringify(source.name)}`;
      return { part: { kind: 'image', dataUri: file.dataUri }, historyLine: () => `(${name})` };
    }
    case 'text': {
      const beginning = file.text.slice(0, MAX_REMEMBERED_CHARS).toWellFormed();
      return { part: { kind: 'text', text: file.text }, historyLine: () => `(${beginning})` };
    }
  }
}

function audioOf(pcm: Uint8Array): Content {
  const audioMs = durationMs(pcm.byteLength);
  const quoted = (transcript: string | undefined) =>
    transcript === undefined ? '' : `: ${JSON.stringify(transcript)}`;
  const historyLine = (transcript: string | undefined) => `(voice message, ${clockTime(audioMs)}${quoted(transcript)})`;
  return { part: { kind: 'audio', pcm }, historyLine, audioMs };
}
