import { MAX_FILES, quoteLine, type SentFile } from '../../attachments/message-parts.ts';
import { readFile } from '../../attachments/reader.ts';
import type { SemaphoreBounds } from '../../attachments/semaphore.ts';
import { samplesIn } from '../../audio/wav.ts';
import { unlessAborted, withTimeoutSignal } from '../../deadline.ts';
import { AttachmentError } from '../../errors.ts';
import { clockTime, messagesFor } from '../../messages/messages.ts';
import type { ContentPart } from '../../realtime/content.ts';
import type { Services } from '../services.ts';
import { personOf } from '../speakers.ts';
import type { MessageAttachment } from '../user-message.ts';
import type { TurnContext } from './turn-context.ts';

/** What reading takes. */
type AttachmentServices = Pick<Services, 'files' | 'audioStore' | 'channel' | 'clock'>;

/** What came along with a message, read. */
export interface ReadAttachments {
  /** For the model: what belongs before what the user wrote, and after it. */
  readonly before: readonly string[];
  readonly after: readonly ContentPart[];
  /** For the model, beside all else: what could not be read. */
  readonly modelNotes: readonly string[];
  /** For the user: what could not be read, a sentence each. */
  readonly notes: readonly string[];
  /** What is remembered of it, a line each; of a voice message with what was understood of it. */
  readonly remembered: (heard: string | undefined) => readonly string[];
  /** How much sound there is. */
  readonly soundMs: number;
  readonly pictures: number;
}

/**
 * Files that are fetched and read at the same time: they take 60 MB at most, however many conversations there are. A
 * person's share leaves room for others, also in the queues of the threads that read pictures and sounds.
 */
export const FILE_BOUNDS: SemaphoreBounds = { max: 4, maxPerPerson: 2, maxWaitingPerPerson: 8 };
/** For all files of a message together; the user sees that the bot is at work. */
const READ_LIMIT_MS = 45_000;
/** What a model is given of one message, and the longest clip. */
const MAX_SOUND_MS = 181_000;
/** A file's text is in the session; of a later one it need not fill the history. */
const MAX_REMEMBERED_CHARS = 1_000;

type Recording = Extract<MessageAttachment, { kind: 'recording' }>;

/** What one attachment comes to; each field as in `ReadAttachments`. */
interface Read {
  readonly before?: string;
  readonly after?: ContentPart;
  readonly modelNote?: string;
  readonly note?: string;
  readonly remembered?: (heard: string | undefined) => string;
  readonly soundMs?: number;
}

/** What reading one message takes. */
interface Reading {
  readonly turn: Pick<TurnContext, 'message' | 'log' | 'signal'>;
  readonly services: AttachmentServices;
  /** Ends the reading as well when it takes too long. */
  readonly limited: AbortSignal;
}

/** Fetches and reads all that came along with a message. Rejects only with the reason of the turn's aborted signal. */
export async function readAttachments(
  turn: Reading['turn'] & { readonly telemetry: Pick<TurnContext['telemetry'], 'step'> },
  services: AttachmentServices,
): Promise<ReadAttachments> {
  const { message, signal, telemetry } = turn;
  if (message.attachments.length === 0) return attachmentsOf([]);
  const late = () => new AttachmentError('too_slow', `not all was read within ${READ_LIMIT_MS} ms`);
  const deadline = { clock: services.clock, limitMs: READ_LIMIT_MS, signal, late };
  return telemetry.step('read', () =>
    withTimeoutSignal(deadline, async (limited) => {
      const all: Read[] = [];
      // One after another: each may be large.
      for (const attachment of message.attachments)
        all.push(await readOne(attachment, all, { turn, services, limited }));
      return attachmentsOf(all);
    }),
  );
}

async function readOne(attachment: MessageAttachment, before: readonly Read[], reading: Reading): Promise<Read> {
  const { message } = reading.turn;
  const { attachments: words } = messagesFor(message.locale);
  switch (attachment.kind) {
    case 'quote': {
      const line = quoteLine(attachment);
      const remembered = () => `(${line})`;
      return attachment.of === 'reply'
        ? { before: line, remembered }
        : { after: { kind: 'text', text: line }, remembered };
    }
    case 'teamsVoiceClip': {
      // The page is recommended only where there is a way to it.
      const hasPage = ['dialog', 'link'].includes(reading.services.channel.recordingAccess(message));
      return { note: hasPage ? words.voiceClip : words.voiceClipNoPage };
    }
    case 'teamsVideoClip':
      return { note: words.videoClip };
    case 'keptBack': {
      // What Teams does not give in channels and group chats, it gives in a chat of two.
      const note = message.scope === 'personal' ? words.keptBack : words.keptBackInGroup;
      return { note, modelNote: unreadNote('a file, of which nothing but its place came') };
    }
    case 'loop':
      return { note: words.loop(attachment.url), modelNote: unreadNote('a component of Microsoft Loop') };
    case 'unreadable':
      return { note: words.unreadable, modelNote: unreadNote('a card or an attachment') };
    case 'tooManyFiles':
      return { note: words.tooMany(String(MAX_FILES), String(attachment.count)) };
    case 'file':
    case 'recording':
      return readFileOrNote(attachment, before, reading);
  }
}

async function readFileOrNote(source: SentFile | Recording, before: readonly Read[], reading: Reading): Promise<Read> {
  try {
    const read = await unlessAborted(reading.limited, () => readSource(source, reading));
    if (soundMsOf([...before, read]) > MAX_SOUND_MS)
      throw new AttachmentError('too_long', 'all clips of a message together');
    return read;
  } catch (err) {
    reading.turn.signal.throwIfAborted();
    return unread(err, source, reading.turn);
  }
}

async function readSource(source: SentFile | Recording, { turn, services, limited }: Reading): Promise<Read> {
  const { files, audioStore } = services;
  const { message } = turn;
  if (source.kind === 'recording') {
    const recording = await audioStore.find(source.audioId);
    const wav = recording && (await audioStore.read(recording.id));
    if (wav === undefined) throw new AttachmentError('not_fetched', 'the recording is not stored any more');
    return soundOf(samplesIn(wav), recording?.durationMs ?? 0);
  }
  const read = await files.semaphore.run(personOf(message), limited, async () =>
    readFile(source, await files.fetch(source, message.reference, limited), files.readers, limited),
  );
  switch (read.kind) {
    case 'audio':
      return soundOf(read.pcm, read.durationMs);
    case 'picture': {
      const name = read.name === undefined ? 'a picture' : `the picture ${JSON.stringify(read.name)}`;
      return { after: { kind: 'image', dataUri: read.dataUri }, remembered: () => `(${name})` };
    }
    case 'text': {
      const remembered = () => `(${read.text.slice(0, MAX_REMEMBERED_CHARS).toWellFormed()})`;
      return { after: { kind: 'text', text: read.text }, remembered };
    }
  }
}

function soundOf(pcm: Uint8Array, soundMs: number): Read {
  const said = (heard: string | undefined) => (heard === undefined ? '' : `: ${JSON.stringify(heard)}`);
  const remembered = (heard: string | undefined) => `(voice message, ${clockTime(soundMs)}${said(heard)})`;
  return { after: { kind: 'audio', pcm }, remembered, soundMs };
}

function unread(err: unknown, source: SentFile | Recording, { message, log }: Reading['turn']): Read {
  const { attachments: words } = messagesFor(message.locale);
  const code = err instanceof AttachmentError ? err.code : 'damaged';
  log.warn({ err, code }, 'attachment not read');
  // A recording cannot be sent again: its recording link is used.
  if (source.kind === 'recording') return { note: words.recordingLost };
  const named = source.name === undefined ? 'a file' : JSON.stringify(source.name);
  return { note: words.notRead[code](source.name), modelNote: unreadNote(named) };
}

function unreadNote(what: string): string {
  return `The user also sent ${what}, which could not be read; they are told so.`;
}

function attachmentsOf(all: readonly Read[]): ReadAttachments {
  const given = <T>(values: readonly (T | undefined)[]) => values.filter((value) => value !== undefined);
  const after = given(all.map((read) => read.after));
  // What was understood is told for all clips together, and so stands with the first of them.
  const firstSound = all.find(({ soundMs }) => soundMs !== undefined);
  return {
    before: given(all.map((read) => read.before)),
    after,
    modelNotes: given(all.map((read) => read.modelNote)),
    notes: given(all.map((read) => read.note)),
    remembered: (heard) => given(all.map((read) => read.remembered?.(read === firstSound ? heard : undefined))),
    soundMs: soundMsOf(all),
    pictures: after.filter(({ kind }) => kind === 'image').length,
  };
}

function soundMsOf(all: readonly Read[]): number {
  return all.reduce((sum, { soundMs = 0 }) => sum + soundMs, 0);
}
