import { type Activity, ActivityTypes, type Attachment, CardFactory, TextFormatTypes } from 'botbuilder';
import type { Reply, ReplyAudio } from '../conversation/reply.ts';
import { clockTime, type Messages } from '../messages/messages.ts';
import type { Capabilities } from './capabilities.ts';
import { playerCard } from './player-card.ts';
import { safeMarkdown } from './safe-markdown.ts';
import { type SoundSource, WAV_TYPE } from './sound-source.ts';

/** How audio stands in a chat that plays attachments; see WEBCHAT_AUDIO. */
export type WebchatAudio = 'attachment' | 'card';

/** What the operator chose, and the user's language. */
export interface ReplyStyle {
  readonly webchatAudio: WebchatAudio;
  /** Whether cards carry a link that opens outside of the client. */
  readonly browserLinks: boolean;
  readonly messages: Messages;
}

/** Teams' label; one root entity of this kind, else it refuses the message. */
const AI_LABEL = {
  type: 'https://schema.org/Message',
  '@type': 'Message',
  '@context': 'https://schema.org',
  '@id': '',
  additionalType: ['AIGeneratedContent'],
};
const RATINGS = { feedbackLoop: { type: 'default' } };

/**
 * A reply's text as one message of Bot Framework, without its sound. Whatever the text repeats of the model, of users or of
 * the names of their files: no client loads anything for it.
 */
export function toMessage(
  reply: Pick<Reply, 'text' | 'isFromModel'>,
  { audio, marksAi, takesRatings }: Pick<Capabilities, 'audio' | 'marksAi' | 'takesRatings'>,
): Partial<Activity> {
  const { isFromModel = false } = reply;
  const text = safeMarkdown(reply.text);
  return {
    type: ActivityTypes.Message,
    text,
    textFormat: TextFormatTypes.Markdown,
    ...(audio === 'speak' ? { speak: text } : {}),
    ...(isFromModel && marksAi ? { entities: [AI_LABEL] } : {}),
    ...(isFromModel && takesRatings ? { channelData: RATINGS } : {}),
  };
}

/**
 * The message with the sound in the channel's way. Where the user would have got it and it cannot be had, a sentence says
 * so; elsewhere the message stays as it is.
 */
export function withSound(
  message: Partial<Activity>,
  audio: ReplyAudio | undefined,
  source: SoundSource | undefined,
  capabilities: Pick<Capabilities, 'audio' | 'savesFiles'>,
  style: ReplyStyle,
): Partial<Activity> {
  const { text = '' } = message;
  if (audio === undefined) return message;
  if (source === undefined) {
    const isMissed = capabilities.audio === 'attachment';
    return isMissed ? { ...message, text: `${text}\n\n${style.messages.audio.notDelivered}` } : message;
  }
  const { pageUrl, wavUrl } = source;
  switch (capabilities.audio) {
    case 'speak':
      return message;
    case 'attachment':
      return { ...message, attachments: [playable(wavUrl, style)] };
    case 'link':
      if (pageUrl === undefined) return message;
      return { ...message, text: `${text}\n\n[${style.messages.listen(clockTime(audio.durationMs))}](${pageUrl})` };
    case 'playerCard': {
      if (pageUrl === undefined || audio.stored === undefined) return message;
      const { savesFiles } = capabilities;
      return { ...message, attachments: [playerCard(audio.stored, { pageUrl, savesFiles, ...style })] };
    }
  }
}

function playable(wavUrl: string, { webchatAudio, messages }: ReplyStyle): Attachment {
  switch (webchatAudio) {
    case 'card':
      return CardFactory.audioCard(messages.audioTitle, [{ url: wavUrl }], undefined, { autostart: false });
    case 'attachment':
      return { contentType: WAV_TYPE, contentUrl: wavUrl, name: 'reply.wav' };
  }
}
