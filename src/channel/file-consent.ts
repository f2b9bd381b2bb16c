import type { Activity, Attachment } from 'botbuilder';
import type { StoredAudio } from '../audio/audio-store.ts';
import { RequestError } from '../errors.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Messages } from '../messages/messages.ts';

// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4

/** Where an accepted file goes. */
export interface UploadTarget {
  /** Accepts the bytes of this one file without any other credential. */
  readonly uploadUrl: string;
  /** Where the user finds the file. */
  readonly contentUrl: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly fileType: string;
}

/** A user's answer to the offer of a file. */
export interface FileConsent {
  readonly offerId: string;
  readonly audioId: string;
  /** The card that made the offer. */
  readonly cardId: string | undefined;
  /** `undefined`: the user declined. */
  readonly target: UploadTarget | undefined;
}

const MAX_URL_CHARS = 8_192;
const MAX_ID_CHARS = 256;

/** The card that asks whether the audio may be saved among the user's files. */
export function consentCard({ id, byteLength }: StoredAudio, offerId: string, { audio }: Messages): Attachment {
  const context = { offer: offerId, audio: id };
  return {
    contentType: 'application/vnd.microsoft.teams.card.file.consent',
    name: audio.fileName,
    content: {
      description: audio.fileOffer,
      sizeInBytes: byteLength,
      acceptContext: context,
      declineContext: context,
    },
  };
}

/** The card that leads to the saved file. */
export function fileCard({ contentUrl, name, uniqueId, fileType }: UploadTarget): Attachment {
  const contentType = 'application/vnd.microsoft.teams.card.file.info';
  return { contentType, contentUrl, name, content: { uniqueId, fileType } };
}

/** Reads the answer to an offer, whose fields may hold anything. Throws a RequestError if it cannot be read. */
export function fileConsentOf({ value, replyToId }: Activity): FileConsent {
  const { type, action, context, uploadInfo } = fieldsOf(value);
  const { offer, audio } = fieldsOf(context);
  const [offerId, audioId, cardId] = [offer, audio, replyToId].map((id) => textOf(id, MAX_ID_CHARS));
  const target = action === 'accept' ? targetOf(fieldsOf(uploadInfo)) : undefined;
  const isReadable = type === 'fileUpload' && (action === 'decline' || target !== undefined);
  if (isReadable && offerId !== undefined && audioId !== undefined) return { offerId, audioId, cardId, target };
  throw new RequestError('bad_request', 'The file consent cannot be read.');
}

function targetOf(info: Readonly<Record<string, unknown>>): UploadTarget | undefined {
  const text = (name: keyof UploadTarget) => textOf(info[name], MAX_ID_CHARS) ?? '';
  const [uploadUrl, contentUrl] = [info['uploadUrl'], info['contentUrl']].map((url) => textOf(url, MAX_URL_CHARS));
  if (uploadUrl === undefined || contentUrl === undefined) return undefined;
  return { uploadUrl, contentUrl, name: text('name'), uniqueId: text('uniqueId'), fileType: text('fileType') };
}
