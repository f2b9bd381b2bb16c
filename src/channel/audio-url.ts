import type { TurnContext } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import type { Reply, ReplyAudio } from '../conversation/turn.ts';
import { placeAudio } from './audio-place.ts';
import type { Capabilities } from './capabilities.ts';
import { urlOf } from './reply-activity.ts';
import { limited, type SendOptions } from './send-once.ts';

export interface AudioUrlOptions extends SendOptions {
  readonly publicBaseUrl: () => string | undefined;
  /** The client of this turn, for uploads. */
  readonly connector: ConnectorClient | undefined;
}

/** An address from which the user's client gets the sound, uploaded where there is no other; `undefined`: none. */
export async function audioUrl(
  context: TurnContext,
  reply: Reply,
  audio: ReplyAudio,
  capabilities: Capabilities,
  options: AudioUrlOptions,
): Promise<string | undefined> {
  const { publicBaseUrl, connector, log } = options;
  const { serviceUrl, conversation } = context.activity;
  const place = placeAudio({
    audio,
    textLength: reply.text.length,
    capabilities,
    publicBaseUrl: publicBaseUrl(),
    serviceUrl,
  });
  if (place.kind !== 'upload' || connector === undefined) return urlOf(place, audio);
  try {
    return await limited(upload(connector, serviceUrl, conversation.id, audio), options);
  } catch (err) {
    log.warn({ err }, 'the channel did not take the audio');
    return undefined;
  }
}

async function upload(connector: ConnectorClient, serviceUrl: string, conversationId: string, audio: ReplyAudio) {
  const { id } = await connector.conversations.uploadAttachment(conversationId, {
    type: 'audio/wav',
    name: 'reply.wav',
    originalBase64: audio.wav,
    thumbnailBase64: new Uint8Array(),
  });
  if (!id) return undefined;
  return `${serviceUrl.replace(/\/+$/, '')}/v3/attachments/${encodeURIComponent(id)}/views/original`;
}
