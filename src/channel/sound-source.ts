import type { TurnContext } from 'botbuilder';
import type { ConnectorClient } from 'botframework-connector';
import type { ReplyAudio } from '../conversation/reply.ts';
import { planAudioDelivery } from './audio-delivery.ts';
import type { Capabilities } from './capabilities.ts';
import { limited, type SendOptions } from './send-once.ts';

export const WAV_TYPE = 'audio/wav';

/** How a user's client gets the sound of a reply. */
export interface SoundSource {
  readonly wavUrl: string;
  /** The page that plays it; `undefined` where the bot has no address of its own for this user. */
  readonly pageUrl: string | undefined;
}

export interface SoundSourceOptions extends SendOptions {
  readonly publicBaseUrl: () => string | undefined;
  /** The client of this turn, for uploads. */
  readonly connector: ConnectorClient | undefined;
}

/** Where the user's client gets the sound, uploaded where there is no other way; `undefined`: nowhere. */
export async function soundSource(
  context: TurnContext,
  audio: ReplyAudio,
  textLength: number,
  capabilities: Capabilities,
  options: SoundSourceOptions,
): Promise<SoundSource | undefined> {
  const { serviceUrl, conversation } = context.activity;
  const publicBaseUrl = options.publicBaseUrl();
  const place = planAudioDelivery({ audio, textLength, capabilities, publicBaseUrl, serviceUrl });
  switch (place.kind) {
    case 'hosted':
      return { wavUrl: `${place.pageUrl}.wav`, pageUrl: place.pageUrl };
    case 'inline':
      return { wavUrl: `data:${WAV_TYPE};base64,${audio.wav.toString('base64')}`, pageUrl: undefined };
    case 'upload':
      return uploaded(serviceUrl, conversation.id, audio, options);
    case 'none':
      return undefined;
  }
}

async function uploaded(
  serviceUrl: string,
  conversationId: string,
  audio: ReplyAudio,
  options: SoundSourceOptions,
): Promise<SoundSource | undefined> {
  if (options.connector === undefined) return undefined;
  try {
    const wavUrl = await limited(upload(options.connector, serviceUrl, conversationId, audio), options);
    return wavUrl === undefined ? undefined : { wavUrl, pageUrl: undefined };
  } catch (err) {
    options.log.warn({ err }, 'the channel did not take the audio');
    return undefined;
  }
}

async function upload(connector: ConnectorClient, serviceUrl: string, conversationId: string, audio: ReplyAudio) {
  const { id } = await connector.conversations.uploadAttachment(conversationId, {
    type: WAV_TYPE,
    name: 'reply.wav',
    originalBase64: audio.wav,
    thumbnailBase64: new Uint8Array(),
  });
  if (!id) return undefined;
  return `${serviceUrl.replace(/\/+$/, '')}/v3/attachments/${encodeURIComponent(id)}/views/original`;
}
