import { SAMPLE_RATE_HZ } from '../audio/pcm.ts';
import type { SessionSettings } from '../config/config.ts';
import type { Ids } from '../ids.ts';
import type { RealtimeClientEvent } from './connection.ts';
import { audioChunks, type ContentPart, isTranscribed, wirePart } from './content.ts';
import { TURN_METADATA } from './server-event.ts';

/** What a user says to the model in one turn, with what goes out before it. */
export interface UserMessageInput {
  readonly turnId: string;
  /** What was written; may be empty where something is attached. */
  readonly text: string;
  /** What came along with it, in order. */
  readonly attached?: readonly ContentPart[];
  /** What was said before; goes out only where the session has not heard it. See history.ts. */
  readonly history: string | undefined;
  /** What a session is told of the people, below its instructions; goes out with its first turn. */
  readonly about?: string | undefined;
}

/**
 * The quickstart's settings, without what only harms typed input: no voice detection (it would start responses of its
 * own), and no transcription but where a model for it is set (on Azure it has to be a deployment of its own).
 */
function sessionUpdate(ids: Ids, settings: SessionSettings, about: string | undefined): RealtimeClientEvent {
  const format = { type: 'audio/pcm', rate: SAMPLE_RATE_HZ } as const;
  return {
    type: 'session.update',
    event_id: ids.wire('evt'),
    session: {
      type: 'realtime',
      instructions: about === undefined ? settings.instructions : `${settings.instructions}\n\n${about}`,
      output_modalities: [settings.modality],
      audio: {
        input: { format, turn_detection: null, ...transcriptionBy(settings.transcriptionModel) },
        output: { format, voice: settings.voice },
      },
      ...(settings.maxOutputTokens === undefined ? {} : { max_output_tokens: settings.maxOutputTokens }),
    },
  };
}

function transcriptionBy(model: string | undefined) {
  return model === undefined ? {} : { transcription: { model } };
}

/** What a user said, as the next item of the conversation. */
function userItem(ids: Ids, content: readonly ContentPart[]): RealtimeClientEvent {
  return {
    type: 'conversation.item.create',
    event_id: ids.wire('evt'),
    item: { id: ids.wire('msg'), type: 'message', role: 'user', content: content.map(wirePart) },
  };
}

/** A clip by way of the buffer, since nothing else is transcribed. It becomes an item of its own. */
function spokenItem(ids: Ids, pcm: Uint8Array): RealtimeClientEvent[] {
  const pieces = audioChunks(pcm).map(
    (audio) => ({ type: 'input_audio_buffer.append', event_id: ids.wire('evt'), audio }) as const,
  );
  return [...pieces, { type: 'input_audio_buffer.commit', event_id: ids.wire('evt') }];
}

/** What a user said: one item, or where clips are to be transcribed one for each clip, after one for all else. */
function userItems(ids: Ids, content: readonly ContentPart[], mayTranscribe: boolean): RealtimeClientEvent[] {
  const clips = mayTranscribe ? content.filter(isTranscribed) : [];
  if (clips.length === 0) return [userItem(ids, content)];
  const others = content.filter((part) => !isTranscribed(part));
  const first = others.length === 0 ? [] : [userItem(ids, others)];
  return [...first, ...clips.flatMap(({ pcm }) => spokenItem(ids, pcm))];
}

/**
 * What was said before, as one user item at the start. Not a system item (people's words would get its authority),
 * not assistant items (they make the model answer in text), never audio.
 */
function historyItem(ids: Ids, history: string): RealtimeClientEvent {
  return { ...userItem(ids, [{ kind: 'text', text: history }]), previous_item_id: 'root' } as RealtimeClientEvent;
}

/** What goes out for a turn, in order, and which of it is what. */
export interface TurnEvents {
  readonly all: readonly RealtimeClientEvent[];
  readonly settings: RealtimeClientEvent | undefined;
  readonly history: RealtimeClientEvent | undefined;
  /** Asked for by `settings`. */
  readonly voice: string | undefined;
}

/**
 * All of a turn: nothing in it waits for an answer to what goes before. The first one of a session (`settings` given)
 * brings its settings, and what was said before.
 */
export function turnEvents(
  ids: Ids,
  input: UserMessageInput,
  settings: SessionSettings | undefined,
  mayTranscribe = false,
): TurnEvents {
  const turn = [...userItems(ids, contentOf(input), mayTranscribe), responseCreate(ids, input.turnId)];
  if (settings === undefined) return { all: turn, settings: undefined, history: undefined, voice: undefined };
  const update = sessionUpdate(ids, settings, input.about);
  const replay = input.history === undefined ? undefined : historyItem(ids, input.history);
  const all = [update, ...(replay === undefined ? [] : [replay]), ...turn];
  return { all, settings: update, history: replay, voice: settings.voice };
}

/** In the order in which it was sent: what was written comes first. */
function contentOf({ text, attached = [] }: Pick<UserMessageInput, 'text' | 'attached'>): readonly ContentPart[] {
  return text === '' && attached.length > 0 ? attached : [{ kind: 'text', text }, ...attached];
}

/** Asks for the same answer once more, this time in speech: what was said in text is taken back before. */
export function repairEvents(ids: Ids, turnId: string, itemIds: readonly string[]): TurnEvents {
  const all = [...itemIds.map((itemId) => itemDelete(ids, itemId)), responseCreate(ids, turnId, ['audio'])];
  return { all, settings: undefined, history: undefined, voice: undefined };
}

/** Ends the response that is running: what it would still say costs nothing. */
export function responseCancel(ids: Ids): RealtimeClientEvent {
  return { type: 'response.cancel', event_id: ids.wire('evt') };
}

/** Takes an item out of the conversation again. */
function itemDelete(ids: Ids, itemId: string): RealtimeClientEvent {
  return { type: 'conversation.item.delete', event_id: ids.wire('evt'), item_id: itemId };
}

/** Asks for the answer, under a name by which its events are known; in the session's own modality if none is given. */
function responseCreate(ids: Ids, turnId: string, modalities?: ['audio']): RealtimeClientEvent {
  const metadata = { [TURN_METADATA]: turnId };
  const response = modalities === undefined ? { metadata } : { metadata, output_modalities: modalities };
  return { type: 'response.create', event_id: ids.wire('evt'), response };
}
