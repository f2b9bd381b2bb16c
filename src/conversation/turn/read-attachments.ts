import { MOST_FILES, quoteLine, type SentFile } from '../../attachments/message-parts.ts';
import { type FileReaders, type ReadFile, readFile } from '../../attachments/reader.ts';
import type { SlotBounds, Slots } from '../../attachments/slots.ts';
import type { AudioStore } from '../../audio/audio-store.ts';
import { samplesIn } from '../../audio/wav.ts';
import type { Clock } from '../../clock.ts';
import { AttachmentError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { clockTime, type Wording, wordingFor } from '../../messages/messages.ts';
import type { ContentPart } from '../../realtime/content.ts';
import type { TalkWay } from '../reply.ts';
import { personOf } from '../speakers.ts';
import type { FetchFile, TurnAttachment, UserMessage } from '../user-message.ts';

/** What reads the files that people send. */
export interface FileServices {
  readonly readers: FileReaders;
  readonly fetch: FetchFile;
  /** Of `FILE_BOUNDS`, for all conversations. */
  readonly slots: Slots;
}

/** What reading takes. */
export interface AttachmentServices {
  readonly files: FileServices;
  readonly audioStore: Pick<AudioStore, 'find' | 'read'>;
  readonly channel: { readonly wayToTalk: (message: UserMessage) => TalkWay };
  readonly clock: Clock;
}

/** What came along with a message, read. */
export interface ReadAttachments {
  /** For the model: what belongs before what the user wrote, and after it. */
  readonly before: readonly string[];
  readonly after: readonly ContentPart[];
  /** For the model, beside all else: what could not be read. */
  readonly asides: readonly string[];
  /** For the user: what could not be read, a sentence each. */
  readonly notes: readonly string[];
  /** What is remembered of it, a line each; of a voice message with what was understood of it. */
  readonly remembered: (heard: string | undefined) => readonly string[];
  /** How much sound there is. */
  readonly soundMs: number;
  readonly pictures: number;
}

export const NO_ATTACHMENTS: ReadAttachments = {
  before: [],
  after: [],
  asides: [],
  notes: [],
  remembered: () => [],
  soundMs: 0,
  pictures: 0,
};

/**
 * Files that are fetched and read at the same time: they take 60 MB at most, however many conversations there are. A
 * person's share leaves room for others, also in the queues of the threads that read pictures and sounds.
 */
export const FILE_BOUNDS: SlotBounds = { max: 4, maxPerPerson: 2, maxWaitingPerPerson: 8 };
/** For all files of a message together; the user sees that the bot is at work. */
const READ_LIMIT_MS = 45_000;
/** What a model is given of one message, and the longest clip. */
const MAX_SOUND_MS = 181_000;
/** A file's text is in the session; of a later one it need not fill the history. */
const MAX_REMEMBERED_CHARS = 1_000;

type Recording = Extract<TurnAttachment, { kind: 'recording' }>;

type Read =
  | ReadFile
  | { readonly kind: 'quote'; readonly of: 'reply' | 'forward'; readonly line: string }
  /** `about`: what the model is told of it. */
  | { readonly kind: 'note'; readonly text: string; readonly about?: string };

/** What reading one message takes. */
interface Reading {
  readonly message: UserMessage;
  readonly services: AttachmentServices;
  readonly log: Logger;
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Ends the reading as well when it takes too long. */
  readonly limited: AbortSignal;
}

/** Fetches and reads all that came along with a message. Rejects only with the reason of an aborted `signal`. */
export async function readAttachments(
  message: UserMessage,
  services: AttachmentServices,
  log: Logger,
  signal: AbortSignal,
): Promise<ReadAttachments> {
  const limit = new AbortController();
  const cancelTimer = services.clock.after(READ_LIMIT_MS, () => {
    limit.abort(new AttachmentError('too_slow', `not all was read within ${READ_LIMIT_MS} ms`));
  });
  const reading = { message, services, log, signal, limited: AbortSignal.any([signal, limit.signal]) };
  try {
    const all: Read[] = [];
    // One after another: each may be large.
    for (const attachment of message.attachments) all.push(await readOne(attachment, all, reading));
    return attachmentsOf(all);
  } finally {
    cancelTimer();
  }
}

async function readOne(attachment: TurnAttachment, before: readonly Read[], reading: Reading): Promise<Read> {
  const { message, services } = reading;
  const words = wordingFor(message.locale);
  switch (attachment.kind) {
    case 'quote':
      return { kind: 'quote', of: attachment.of, line: quoteLine(attachment) };
    case 'teamsVoiceClip':
      return { kind: 'note', text: voiceClipNote(services.channel.wayToTalk(message), words) };
    case 'teamsVideoClip':
      return { kind: 'note', text: words.attachments.videoClip };
    case 'keptBack':
      return keptBackNote(message, words);
    case 'loop':
      return {
        kind: 'note',
        text: words.attachments.loop(attachment.url),
        about: aboutUnread('a component of Microsoft Loop'),
      };
    case 'unreadable':
      return { kind: 'note', text: words.attachments.unreadable, about: aboutUnread('a card or an attachment') };
    case 'tooManyFiles':
      return { kind: 'note', text: words.attachments.tooMany(String(MOST_FILES), String(attachment.count)) };
    case 'file':
    case 'recording':
      return readFileOrNote(attachment, before, reading);
  }
}

async function readFileOrNote(source: SentFile | Recording, before: readonly Read[], reading: Reading): Promise<Read> {
  try {
    const read = await orReason(() => readSource(source, reading), reading.limited);
    if (soundMsOf([...before, read]) > MAX_SOUND_MS)
      throw new AttachmentError('too_long', 'all clips of a message together');
    return read;
  } catch (err) {
    reading.signal.throwIfAborted();
    return noteOf(err, source, wordingFor(reading.message.locale), reading.log);
  }
}

/** Rejects on abort even if the reader ignores the signal. */
async function orReason<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function readSource(source: SentFile | Recording, { message, services, limited }: Reading): Promise<ReadFile> {
  const { files, audioStore } = services;
  if (source.kind === 'file') {
    const read = async () =>
      readFile(source, await files.fetch(source, message.reference, limited), files.readers, limited);
    return files.slots.run(personOf(message), limited, read);
  }
  const recording = await audioStore.find(source.audioId);
  const wav = recording && (await audioStore.read(recording.id));
  if (recording === undefined || wav === undefined)
    throw new AttachmentError('not_fetched', 'the recording is not stored any more');
  return { kind: 'sound', name: undefined, pcm: samplesIn(wav), durationMs: recording.durationMs };
}

function noteOf(err: unknown, source: SentFile | Recording, { attachments }: Wording, log: Logger): Read {
  const code = err instanceof AttachmentError ? err.code : 'damaged';
  log.warn({ err, code }, 'attachment not read');
  // A recording cannot be sent again: its invitation is used.
  if (source.kind === 'recording') return { kind: 'note', text: attachments.recordingLost };
  const named = source.name === undefined ? 'a file' : JSON.stringify(source.name);
  return { kind: 'note', text: attachments.notRead[code](source.name), about: aboutUnread(named) };
}

/** What Teams does not give in channels and group chats, it gives in a chat of two. */
function keptBackNote({ scope }: UserMessage, { attachments }: Wording): Read {
  const text = scope === 'personal' ? attachments.keptBack : attachments.keptBackInGroup;
  return { kind: 'note', text, about: aboutUnread('a file, of which nothing but its place came') };
}

function aboutUnread(what: string): string {
  return `The user also sent ${what}, which could not be read; they are told so.`;
}

/** The page is recommended only where there is a way to it. */
function voiceClipNote(way: TalkWay, { attachments }: Wording): string {
  return way === 'dialog' || way === 'link' ? attachments.voiceClip : attachments.voiceClipNoPage;
}

function attachmentsOf(all: readonly Read[]): ReadAttachments {
  return {
    before: all.flatMap((read) => (read.kind === 'quote' && read.of === 'reply' ? [read.line] : [])),
    after: all.flatMap(partsOf),
    asides: all.flatMap((read) => (read.kind === 'note' && read.about !== undefined ? [read.about] : [])),
    notes: all.flatMap((read) => (read.kind === 'note' ? [read.text] : [])),
    remembered: (heard) => rememberedOf(all, heard),
    soundMs: soundMsOf(all),
    pictures: all.filter(({ kind }) => kind === 'picture').length,
  };
}

function soundMsOf(all: readonly Read[]): number {
  return all.reduce((sum, read) => sum + (read.kind === 'sound' ? read.durationMs : 0), 0);
}

function partsOf(read: Read): ContentPart[] {
  switch (read.kind) {
    case 'sound':
      return [{ kind: 'sound', pcm: read.pcm }];
    case 'picture':
      return [{ kind: 'image', dataUri: read.dataUri }];
    case 'text':
      return [{ kind: 'text', text: read.text }];
    case 'quote':
      return read.of === 'forward' ? [{ kind: 'text', text: read.line }] : [];
    case 'note':
      return [];
  }
}

/** What was understood is told for all clips together, and so stands with the first of them. */
function rememberedOf(all: readonly Read[], heard: string | undefined): string[] {
  const first = all.find(({ kind }) => kind === 'sound');
  return all.map((read) => lineOf(read, read === first ? heard : undefined)).filter((line) => line !== '');
}

function lineOf(read: Read, heard: string | undefined): string {
  switch (read.kind) {
    case 'sound':
      return `(voice message, ${clockTime(read.durationMs)}${heard === undefined ? '' : `: ${JSON.stringify(heard)}`})`;
    case 'picture':
      return read.name === undefined ? '(a picture)' : `(the picture ${JSON.stringify(read.name)})`;
    case 'text':
      return `(${read.text.slice(0, MAX_REMEMBERED_CHARS).toWellFormed()})`;
    case 'quote':
      return `(${read.line})`;
    case 'note':
      return '';
  }
}
