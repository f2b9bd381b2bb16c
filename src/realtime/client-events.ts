import { SAMPLE_RATE_HZ } from '../audio/pcm.ts';
import type { SessionSettings } from '../config.ts';
import type { Ids } from '../ids.ts';
import type { RealtimeClientEvent } from './connection.ts';
import { TURN_METADATA } from './server-event.ts';

/**
 * The quickstart's settings, without what only harms typed input: no voice detection (it would start responses of its
 * own), no transcription (on Azure its model has to be a deployment of its own).
 */
export function sessionUpdate(ids: Ids, settings: SessionSettings): RealtimeClientEvent {
  const format = { type: 'audio/pcm', rate: SAMPLE_RATE_HZ } as const;
  return {
    type: 'session.update',
    event_id: ids.wire('evt'),
    session: {
      type: 'realtime',
      instructions: settings.instructions,
      output_modalities: ['audio'],
      audio: { input: { format, turn_detection: null }, output: { format, voice: settings.voice } },
      ...(settings.maxOutputTokens === undefined ? {} : { max_output_tokens: settings.maxOutputTokens }),
    },
  };
}

/** What a user wrote, as the next item of the conversation. */
export function userItem(ids: Ids, text: string): RealtimeClientEvent {
  return {
    type: 'conversation.item.create',
    event_id: ids.wire('evt'),
    item: { id: ids.wire('msg'), type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  };
}

/**
 * What was said before, as one user item at the start. Not a system item (people's words would get its authority),
 * not assistant items (they make the model answer in text), never audio.
 */
export function historyItem(ids: Ids, history: string): RealtimeClientEvent {
  return { ...userItem(ids, history), previous_item_id: 'root' } as RealtimeClientEvent;
}

/** Asks for the answer, under a name by which its events are known. */
export function responseCreate(ids: Ids, turnId: string): RealtimeClientEvent {
  return { type: 'response.create', event_id: ids.wire('evt'), response: { metadata: { [TURN_METADATA]: turnId } } };
}
