import { type Activity, ActivityTypes, type Attachment, CardFactory, TextFormatTypes } from 'botbuilder';
import type { Reply, ReplyAudio, VoiceChoice } from '../conversation/reply.ts';
import { clockTime } from '../messages/messages.ts';
import { paragraphs } from '../paragraphs.ts';
import { approvalInWords } from './approval-card.ts';
import { audioUrl, playerUrl, WAV_TYPE } from './audio-delivery.ts';
import type { Capabilities } from './capabilities.ts';
import { playerCard, voiceCard, voiceList } from './cards.ts';
import { withRecordingLink } from './recording-page.ts';
import type { ReplyContext } from './reply-context.ts';
import { safeMarkdown } from './safe-markdown.ts';
import { MESSAGE_ENTITY, withSources } from './sources.ts';
import { splitMarkdown } from './split-markdown.ts';

/** Room for a link below the last part of a text. */
const LINK_CHARS = 400;
/** Teams' label "AI generated". */
const AI_LABEL = { ...MESSAGE_ENTITY, additionalType: ['AIGeneratedContent'] };
const RATINGS = { feedbackLoop: { type: 'default' } };

/**
 * A reply's text as one activity, without its audio. The text may repeat words of the model and of users, and names of
 * their files; no client loads anything for them.
 */
export function toActivity(
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
 * A reply with a text as activities of its channel. What is too long for one goes in several; cards and audio go with
 * the last.
 */
export async function replyActivities(reply: Reply, context: ReplyContext): Promise<Partial<Activity>[]> {
  const { voiceChoice, recordingLink, audio, sources = [] } = reply;
  const { capabilities, messages } = context;
  if (voiceChoice !== undefined) return [voiceActivity(reply, voiceChoice, context)];
  if (recordingLink !== undefined) return [withRecordingLink(toActivity(reply, capabilities), recordingLink, context)];
  const maxChars = capabilities.maxTextChars - (capabilities.audio === 'link' ? LINK_CHARS : 0);
  const texts = textParts(reply, context, maxChars);
  const parts = texts.flatMap((text, at) => {
    const part = toActivity({ ...reply, text }, capabilities);
    return at < texts.length - 1 ? [part] : withSources(part, sources, capabilities.sources, messages, maxChars);
  });
  if (audio === undefined) return parts;
  return Promise.all(parts.map((part, at) => (at < parts.length - 1 ? part : withAudio(part, audio, context))));
}

function voiceActivity(reply: Reply, choice: VoiceChoice, { capabilities, messages }: ReplyContext): Partial<Activity> {
  return capabilities.cards === 'none'
    ? toActivity({ text: paragraphs(reply.text, voiceList(choice, messages)) }, capabilities)
    : { ...toActivity(reply, capabilities), attachments: [voiceCard(choice, messages)] };
}

/** The text with the questions of a channel without cards, split as the channel requires. */
function textParts(
  { text, approvals = [] }: Reply,
  { capabilities, messages }: ReplyContext,
  maxChars: number,
): string[] {
  const { howToAnswer, howToAnswerEach } = messages.approval;
  const how = approvals.length === 1 ? howToAnswer : howToAnswerEach;
  const asked = capabilities.cards === 'none' ? approvals.map((each) => approvalInWords(each, how, messages)) : [];
  return splitMarkdown(paragraphs(text, ...asked), maxChars);
}

/**
 * Adds the audio in the form of the channel. Where a client would have played it and cannot get it, a sentence says so;
 * elsewhere the message stays as it is.
 */
export async function withAudio(
  message: Partial<Activity>,
  { stored, wav, durationMs }: ReplyAudio,
  context: ReplyContext,
): Promise<Partial<Activity>> {
  const { activity, capabilities, messages, options } = context;
  const { text = '' } = message;
  const pageUrl = stored && playerUrl(stored, stored.expiresAtMs, options.publicBaseUrl(), activity.serviceUrl);
  switch (capabilities.audio) {
    case 'speak':
      return message;
    case 'attachment': {
      const url = await audioUrl(wav, text.length, pageUrl, context);
      if (url === undefined) return { ...message, text: paragraphs(text, messages.audio.notDelivered) };
      return { ...message, attachments: [playable(url, context)] };
    }
    case 'link': {
      const link = `[${messages.listen(clockTime(durationMs))}](${pageUrl})`;
      return pageUrl === undefined ? message : { ...message, text: paragraphs(text, link) };
    }
    case 'playerCard':
      if (stored === undefined || pageUrl === undefined) return message;
      return { ...message, attachments: [playerCard(stored, pageUrl, context)] };
  }
}

function playable(wavUrl: string, { options, messages }: ReplyContext): Attachment {
  return options.webchatAudio === 'attachment'
    ? { contentType: WAV_TYPE, contentUrl: wavUrl, name: 'reply.wav' }
    : CardFactory.audioCard(messages.audioTitle, [{ url: wavUrl }], undefined, { autostart: false });
}
