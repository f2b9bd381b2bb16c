import { type Activity, ActivityTypes, type Attachment, CardFactory, TextFormatTypes } from 'botbuilder';
import type { Reply, ReplyAudio } from '../conversation/turn.ts';
import { wording } from '../wording.ts';
import type { AudioPlace } from './audio-place.ts';
import type { Capabilities } from './capabilities.ts';

/** How audio stands in a chat that plays attachments; see WEBCHAT_AUDIO. */
export type WebchatAudio = 'attachment' | 'card';

const WAV_TYPE = 'audio/wav';
/** Teams' label and its thumbs; one root entity of this kind, else it refuses the message. */
const MADE_BY_AI = {
  entities: [
    {
      type: 'https://schema.org/Message',
      '@type': 'Message',
      '@context': 'https://schema.org',
      '@id': '',
      additionalType: ['AIGeneratedContent'],
    },
  ],
  channelData: { feedbackLoop: { type: 'default' } },
};

/** A reply as one message of Bot Framework: the text always, the audio in the channel's way. */
export function toActivity(
  reply: Reply,
  { audio: delivery, marksAi }: Pick<Capabilities, 'audio' | 'marksAi'>,
  url: string | undefined,
  webchatAudio: WebchatAudio,
): Partial<Activity> {
  const message: Partial<Activity> = {
    type: ActivityTypes.Message,
    text: reply.text,
    textFormat: TextFormatTypes.Markdown,
    ...(marksAi && reply.isFromModel ? MADE_BY_AI : {}),
  };
  switch (delivery) {
    case 'speak':
      return { ...message, speak: reply.text };
    case 'link':
      if (reply.audio === undefined || url === undefined) return message;
      return { ...message, text: `${reply.text}\n\n[${wording.listen(clockTime(reply.audio.durationMs))}](${url})` };
    case 'attachment':
      if (reply.audio === undefined || url === undefined) return message;
      return { ...message, attachments: [playable(url, webchatAudio)] };
  }
}

function playable(url: string, webchatAudio: WebchatAudio): Attachment {
  switch (webchatAudio) {
    case 'card':
      return CardFactory.audioCard(wording.audioTitle, [{ url }], undefined, { autostart: false });
    case 'attachment':
      return { contentType: WAV_TYPE, contentUrl: url, name: 'reply.wav' };
  }
}

/** The address of audio that needs no further call: hosted, or inside the activity. */
export function urlOf(place: AudioPlace, audio: ReplyAudio): string | undefined {
  switch (place.kind) {
    case 'url':
      return place.url;
    case 'inline':
      return `data:${WAV_TYPE};base64,${audio.wav.toString('base64')}`;
    case 'upload':
    case 'none':
      return undefined;
  }
}

function clockTime(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
