import type { Request, Response } from 'restify';
import { MAX_CLIP_BYTES } from '../../../audio/clip/clip.ts';
import type { RecordingResult, Recordings } from '../../../conversation/recordings/recordings.ts';
import { personOf } from '../../../conversation/speakers.ts';
import { AttachmentError, RequestError, StoreError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { type Messages, messagesFor } from '../../../messages/messages.ts';
import { unverifiedShare } from '../../../shares.ts';
import { type BodyFormat, bounded, wholeBody } from '../../bounded-body.ts';
import { allowLongRequest } from '../../request-time.ts';
import { MAX_RECORDING_LOOKUPS, sharedLookup } from '../../shared-lookups.ts';
import { firstLanguage } from '../page.ts';

/** Limits all recordings that are being received, together: about seven of the longest. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;
const WAV_BODY: BodyFormat = {
  name: 'audio/wav',
  contentType: /^audio\/(?:x-)?wave?\s*(?:;|$)/i,
  maxBytes: MAX_CLIP_BYTES,
};

/**
 * Serves `POST /record/<link>`: the page of the same address uploads a recording. The link is the only key: there is no
 * cookie that another site's page could use. The page shows the message of a refusal, which is in the user's language.
 */
export function uploadRoute(
  recordings: Pick<Recordings, 'findLink' | 'accept'>,
  isDraining: () => boolean,
  log: Logger,
) {
  const findLink = sharedLookup((link) => recordings.findLink(link), MAX_RECORDING_LOOKUPS);
  const readBody = bounded((request) => wholeBody(request, WAV_BODY), { maxBytesAtOnce: MAX_BYTES_AT_ONCE });
  // Unverified uploads count in both bounds.
  const readUnverified = bounded(readBody, { maxBytesAtOnce: unverifiedShare(MAX_BYTES_AT_ONCE) });
  return async function receiveRecording(request: Request, response: Response): Promise<void> {
    let messages = messagesFor(firstLanguage(request));
    let requestLog = log;
    let result: RecordingResult;
    try {
      if (isDraining()) throw errorFor.draining(messages);
      const recordingLink = await findLink(String(request.params.link));
      // Refuse before the body is read, so that strangers neither use memory nor get the longer time limit.
      if (recordingLink === undefined) throw errorFor.gone(messages);
      messages = messagesFor(recordingLink.locale);
      requestLog = log.child({ conversation: recordingLink.key });
      result = await recordings.accept(recordingLink, () => {
        allowLongRequest(request);
        return personOf(recordingLink).isVerified ? readBody(request) : readUnverified(request);
      });
    } catch (error) {
      throw localized(error, messages, requestLog);
    }
    if (result !== 'accepted') throw errorFor[result](messages);
    response.writeHead(202, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end('{}');
  };
}

/** `gone` is the answer to every unknown link: it does not reveal whether the link ever existed. */
const errorFor: Readonly<Record<Exclude<RecordingResult, 'accepted'>, (messages: Messages) => RequestError>> = {
  gone: ({ recording }) => new RequestError('not_found', recording.ended),
  draining: ({ apologies }) => new RequestError('draining', apologies.restarting),
  busy: ({ apologies }) => new RequestError('busy', apologies.crowded),
  queueFull: ({ queueFull }) => new RequestError('busy', queueFull),
  uploading: ({ recording }) => new RequestError('in_progress', recording.uploading),
  notStored: ({ storage }) => new RequestError('not_stored', storage.notStored),
};

/** Translates the error. Errors without a translation are caused only by clients other than the page. */
function localized(error: unknown, messages: Messages, log: Logger): unknown {
  if (error instanceof StoreError) {
    log.warn({ err: error }, 'recording refused: store call failed');
    return errorFor.notStored(messages);
  }
  if (error instanceof AttachmentError) {
    log.warn({ err: error, code: error.code }, 'recording refused: not readable');
    return unreadable(error, messages);
  }
  if (!(error instanceof RequestError)) return error;
  if (error.code === 'too_large')
    return new RequestError('too_large', messages.attachments.notRead.too_long(undefined));
  if (error.code === 'busy') return new RequestError('busy', messages.apologies.crowded);
  return error;
}

function unreadable({ code }: AttachmentError, { attachments: { notRead }, recording }: Messages): RequestError {
  if (code === 'too_large' || code === 'too_long') return new RequestError('too_large', notRead[code](undefined));
  if (code === 'too_slow' || code === 'busy') return new RequestError('busy', notRead[code](undefined));
  const isWav = code !== 'kind_unknown' && code !== 'kind_unsupported';
  return new RequestError(isWav ? 'unreadable' : 'unsupported_media_type', recording.unreadable);
}
