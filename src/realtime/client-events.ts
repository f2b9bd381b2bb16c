import { SAMPLE_RATE_HZ } from '../audio/pcm.ts';
import type { SessionSettings } from '../config/config.ts';
import type { Ids } from '../ids.ts';
import type { RealtimeClientEvent } from './connection.ts';
import { audioChunks, type ContentPart, isTranscribed, wirePart } from './content.ts';
import type { CallOutputs, FunctionDefinition } from './function-calls.ts';
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
function sessionUpdate(
  ids: Ids,
  settings: SessionSettings,
  about: string | undefined,
  functions: readonly FunctionDefinition[],
): RealtimeClientEvent {
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
      ...(functions.length === 0 ? {} : functionFields(functions)),
      ...(settings.maxOutputTokens === undefined ? {} : { max_output_tokens: settings.maxOutputTokens }),
    },
  };
}

/** The same list gives the same JSON: the service's prompt cache needs that. */
function functionFields(functions: readonly FunctionDefinition[]) {
  const tools = functions.map(({ name, description, parameters }) => {
    return { type: 'function' as const, name, description, parameters };
  });
  return { tools, tool_choice: 'auto' as const };
}

/** Tells a session that is configured of other functions. */
function functionsUpdate(ids: Ids, functions: readonly FunctionDefinition[]): RealtimeClientEvent {
  const session = { type: 'realtime' as const, ...functionFields(functions) };
  return { type: 'session.update', event_id: ids.wire('evt'), session };
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
  functions?: readonly FunctionDefinition[],
): TurnEvents {
  const turn = [...userItems(ids, contentOf(input), mayTranscribe), responseCreate(ids, input.turnId)];
  if (settings === undefined) {
    const update = functions && functionsUpdate(ids, functions);
    const all = update === undefined ? turn : [update, ...turn];
    return { all, settings: update, history: undefined, voice: undefined };
  }
  const update = sessionUpdate(ids, settings, input.about, functions ?? []);
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

/** What the calls of a response came to, and the question for the next one; the last one may call nothing more. */
export function outputEvents(ids: Ids, turnId: string, outputs: CallOutputs, isLast: boolean): TurnEvents {
  const all = [...outputItems(ids, outputs), responseCreate(ids, turnId, undefined, isLast)];
  return { all, settings: undefined, history: undefined, voice: undefined };
}

/** The outputs alone. What an output cannot hold follows as an item of the user. */
export function outputItems(ids: Ids, { outputs, parts }: CallOutputs): readonly RealtimeClientEvent[] {
  const items = outputs.map(({ callId, output }): RealtimeClientEvent => {
    const item = { type: 'function_call_output' as const, call_id: callId, output };
    return { type: 'conversation.item.create', event_id: ids.wire('evt'), item };
  });
  return parts.length === 0 ? items : [...items, userItem(ids, parts)];
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
function responseCreate(ids: Ids, turnId: string, modalities?: ['audio'], isLast = false): RealtimeClientEvent {
  const response = {
    metadata: { [TURN_METADATA]: turnId },
    ...(modalities === undefined ? {} : { output_modalities: modalities }),
    ...(isLast ? { tool_choice: 'none' as const } : {}),
  };
  return { type: 'response.create', event_id: ids.wire('evt'), response };
}
