import type { Activity, Attachment } from 'botbuilder';
import type { StoredAudio } from '../audio/audio-store.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Messages } from '../messages/messages.ts';

// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4

/** Where an accepted file goes, and what it will be called there. */
export interface UploadPlace {
  /** Takes the bytes without any other key: good for this one file. */
  readonly uploadUrl: string;
  /** Where the user finds it. */
  readonly contentUrl: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly fileType: string;
}

/** What a user said to the offer of a file. */
export interface FileConsent {
  /** Names the offer. */
  readonly offerId: string;
  readonly audioId: string;
  /** The card that made the offer. */
  readonly cardId: string | undefined;
  /** `undefined`: the user does not want it. */
  readonly place: UploadPlace | undefined;
}

const MAX_URL_CHARS = 8_192;
const MAX_ID_CHARS = 256;

/** The card that asks whether a sound may be put among the user's files. */
export function consentCard(audio: StoredAudio, offerId: string, messages: Messages): Attachment {
  const context = { offer: offerId, audio: audio.id };
  return {
    contentType: 'application/vnd.microsoft.teams.card.file.consent',
    name: messages.audio.fileName,
    content: {
      description: messages.audio.fileOffer,
      sizeInBytes: audio.byteLength,
      acceptContext: context,
      declineContext: context,
    },
  };
}

/** The card that leads to the file. */
export function fileCard({ contentUrl, name, uniqueId, fileType }: UploadPlace): Attachment {
  const contentType = 'application/vnd.microsoft.teams.card.file.info';
  return { contentType, contentUrl, name, content: { uniqueId, fileType } };
}

/** What the user said, if this is an answer to an offer of ours; its fields may be anything. */
export function fileConsentOf({ value, replyToId }: Activity): FileConsent | undefined {
  const { type, action, context, uploadInfo } = fieldsOf(value);
  const offerId = textOf(fieldsOf(context)['offer'], MAX_ID_CHARS);
  const audioId = textOf(fieldsOf(context)['audio'], MAX_ID_CHARS);
  if (type !== 'fileUpload' || offerId === undefined || audioId === undefined) return undefined;
  const offer = { offerId, audioId, cardId: textOf(replyToId, MAX_ID_CHARS) };
  if (action === 'decline') return { ...offer, place: undefined };
  const place = placeOf(fieldsOf(uploadInfo));
  return action === 'accept' && place !== undefined ? { ...offer, place } : undefined;
}

function placeOf(info: Readonly<Record<string, unknown>>): UploadPlace | undefined {
  const uploadUrl = textOf(info['uploadUrl'], MAX_URL_CHARS);
  const contentUrl = textOf(info['contentUrl'], MAX_URL_CHARS);
  if (uploadUrl === undefined || contentUrl === undefined) return undefined;
  return {
    uploadUrl,
    contentUrl,
    name: textOf(info['name'], MAX_ID_CHARS) ?? '',
    uniqueId: textOf(info['uniqueId'], MAX_ID_CHARS) ?? '',
    fileType: textOf(info['fileType'], MAX_ID_CHARS) ?? '',
  };
}
