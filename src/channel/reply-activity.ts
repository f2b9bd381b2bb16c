import { type Activity, ActivityTypes, type Attachment, CardFactory, TextFormatTypes } from 'botbuilder';
import type { Clock } from '../clock.ts';
import type { Reply, ReplyAudio } from '../conversation/reply.ts';
import type { Logger } from '../log.ts';
import { clockTime, type Messages } from '../messages/messages.ts';
import { paragraphs } from '../paragraphs.ts';
import { type AudioSource, WAV_TYPE } from './audio-delivery.ts';
import type { Capabilities } from './capabilities.ts';
import { playerCard } from './cards.ts';
import { safeMarkdown } from './safe-markdown.ts';

/** How audio stands in a chat that plays attachments; see WEBCHAT_AUDIO. */
export type WebchatAudio = 'attachment' | 'card';

export interface ReplyOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly webchatAudio: WebchatAudio;
  /** Whether cards carry a link that opens outside of the client. */
  readonly browserLinks: boolean;
  readonly publicBaseUrl: () => string | undefined;
  /** The time of one call to the channel, all of its retries included. */
  readonly sendLimitMs: number;
}

/** Teams' label "AI generated". Teams refuses a message with two root entities of this type. */
const AI_LABEL = {
  type: 'https://schema.org/Message',
  '@type': 'Message',
  '@context': 'https://schema.org',
  '@id': '',
  additionalType: ['AIGeneratedContent'],
};
const RATINGS = { feedbackLoop: { type: 'default' } };

/**
 * A reply's text as one message of Bot Framework, without its audio. The text may repeat words of the model and of users,
 * and names of their files; no client loads anything for them.
 */
export function toMessage(
  { text, isFromModel = false }: Pick<Reply, 'text' | 'isFromModel'>,
  { audio, labelsAi }: Pick<Capabilities, 'audio' | 'labelsAi'>,
): Partial<Activity> {
  const safeText = safeMarkdown(text);
  return {
    type: ActivityTypes.Message,
    text: safeText,
    textFormat: TextFormatTypes.Markdown,
    ...(audio === 'speak' ? { speak: safeText } : {}),
    ...(isFromModel && labelsAi ? { entities: [AI_LABEL], channelData: RATINGS } : {}),
  };
}

/**
 * Adds the audio in the form of the channel. Where a client would have played it and cannot get it, a sentence says so;
 * elsewhere the message stays as it is.
 */
export function withAudio(
  message: Partial<Activity>,
  { stored, durationMs }: ReplyAudio,
  source: AudioSource | undefined,
  { audio, savesFiles }: Pick<Capabilities, 'audio' | 'savesFiles'>,
  { webchatAudio, browserLinks }: Pick<ReplyOptions, 'webchatAudio' | 'browserLinks'>,
  messages: Messages,
): Partial<Activity> {
  const withLine = (line: string) => ({ ...message, text: paragraphs(message.text ?? '', line) });
  switch (audio) {
    case 'speak':
      return message;
    case 'attachment':
      if (source === undefined) return withLine(messages.audio.notDelivered);
      return { ...message, attachments: [playable(source.wavUrl, webchatAudio, messages)] };
    case 'link':
      if (source?.pageUrl === undefined) return message;
      return withLine(`[${messages.listen(clockTime(durationMs))}](${source.pageUrl})`);
    case 'playerCard': {
      if (source?.pageUrl === undefined || stored === undefined) return message;
      const browserUrl = browserLinks ? source.pageUrl : undefined;
      return { ...message, attachments: [playerCard(stored, browserUrl, savesFiles, messages)] };
    }
  }
}

function playable(wavUrl: string, webchatAudio: WebchatAudio, messages: Messages): Attachment {
  if (webchatAudio === 'attachment') return { contentType: WAV_TYPE, contentUrl: wavUrl, name: 'reply.wav' };
  return CardFactory.audioCard(messages.audioTitle, [{ url: wavUrl }], undefined, { autostart: false });
}
