import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'restify';
import { MAX_CLIP_BYTES } from '../../../audio/clip/clip.ts';
import type { RecordingResult, Recordings } from '../../../conversation/recordings/recordings.ts';
import { personOf } from '../../../conversation/speakers.ts';
import {
  AttachmentError,
  type AttachmentErrorCode,
  RequestError,
  type RequestErrorCode,
  StoreError,
} from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { type Messages, messagesFor } from '../../../messages/messages.ts';
import { unvouchedPart } from '../../../shares.ts';
import { bounded, refuseEncoded, wholeBody } from '../../bounded-body.ts';
import { allowLongRequest, LONG_REQUEST_TIMEOUT_MS } from '../../request-time.ts';
import { firstLanguage } from '../page.ts';

/** What taking a recording needs. */
export interface UploadOptions {
  readonly recordings: Pick<Recordings, 'speakerOf' | 'accept'>;
  readonly isDraining: () => boolean;
  readonly log: Logger;
}

/** Recordings that are being read at the same time, together: about seven of the longest. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;
const WAV = /^audio\/(?:x-)?wave?\s*(?:;|$)/i;

/**
 * `POST /record/<link>`: a recording, sent by the page of the same address. The link is all that is asked for: there is no
 * cookie that a page of somebody else's could make use of. What is said of a refusal is in the user's language, for the
 * page to show.
 */
export function uploadRoute({ recordings, isDraining, log }: UploadOptions) {
  const timeoutMs = LONG_REQUEST_TIMEOUT_MS;
  const readBody = bounded(readWav, { maxBytesAtOnce: MAX_BYTES_AT_ONCE, timeoutMs });
  const readUnvouched = bounded(readBody, { maxBytesAtOnce: unvouchedPart(MAX_BYTES_AT_ONCE), timeoutMs });
  return async function takeRecording(request: Request, response: Response): Promise<void> {
    let messages = messagesFor(firstLanguage(request));
    let names: object = {};
    let taken: RecordingResult;
    try {
      if (isDraining()) throw new RequestError('draining', messages.shuttingDown);
      const recordingLink = await recordings.speakerOf(String(request.params.link));
      // Before anything of the body is kept: strangers get no memory of ours, and no more time than others.
      if (recordingLink === undefined) throw ended(messages);
      messages = messagesFor(recordingLink.locale);
      names = { conversation: recordingLink.key };
      taken = await recordings.accept(recordingLink, () => {
        allowLongRequest(request);
        return personOf(recordingLink).isVouched ? readBody(request) : readUnvouched(request);
      });
    } catch (error) {
      throw refusalOf(error, messages, log.child(names));
    }
    answer(response, taken, messages);
  };
}

async function readWav(request: IncomingMessage): Promise<Buffer> {
  refuseEncoded(request);
  if (!WAV.test(request.headers['content-type'] ?? '')) {
    throw new RequestError('unsupported_media_type', 'The body has to be audio/wav.');
  }
  return wholeBody(request, MAX_CLIP_BYTES);
}

function answer(response: Response, taken: RecordingResult, messages: Messages): void {
  switch (taken) {
    case 'accepted':
      response.writeHead(202, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end('{}');
      return;
    case 'gone':
      throw ended(messages);
    case 'draining':
      throw new RequestError('draining', messages.shuttingDown);
    case 'full':
      throw new RequestError('busy', messages.apologies.crowded);
    case 'queueFull':
      throw new RequestError('busy', messages.queueFull);
    case 'uploading':
      throw new RequestError('in_progress', messages.recording.uploading);
    case 'notStored':
      throw new RequestError('not_kept', messages.storage.notKept);
  }
}

/** One answer for all links that lead nowhere: it does not tell whether there ever was one. */
function ended({ recording }: Messages): RequestError {
  return new RequestError('not_found', recording.ended);
}

/** In the user's words, where there are any for it. */
function refusalOf(error: unknown, messages: Messages, log: Logger): unknown {
  const { notRead } = messages.attachments;
  if (error instanceof StoreError) {
    log.warn({ err: error }, 'the store does not answer, a recording is refused');
    return new RequestError('not_kept', messages.storage.notKept);
  }
  if (error instanceof AttachmentError) {
    log.warn({ err: error, code: error.code }, 'a recording cannot be read');
    return new RequestError(CODES[error.code], saidOf(error.code, messages));
  }
  if (!(error instanceof RequestError)) return error;
  switch (error.code) {
    case 'too_large':
      return new RequestError(error.code, notRead.too_long(undefined));
    case 'busy':
      return new RequestError(error.code, messages.apologies.crowded);
    // Only another client than our page sends anything else.
    case 'unsupported_media_type':
    case 'bad_request':
    case 'unauthorized':
    case 'forbidden':
    case 'not_found':
    case 'in_progress':
    case 'unreadable':
    case 'draining':
    case 'not_kept':
      return error;
  }
}

/** Pictures and texts are nothing for this page. */
function saidOf(code: AttachmentErrorCode, { attachments, recording }: Messages): string {
  switch (code) {
    case 'too_large':
    case 'too_long':
    case 'too_slow':
    case 'busy':
      return attachments.notRead[code](undefined);
    case 'kind_unknown':
    case 'kind_unsupported':
    case 'damaged':
    case 'address_refused':
    case 'not_fetched':
    case 'page_instead':
    case 'sign_in_needed':
      return recording.unreadable;
  }
}

const CODES: Readonly<Record<AttachmentErrorCode, RequestErrorCode>> = {
  address_refused: 'unreadable',
  not_fetched: 'unreadable',
  too_slow: 'busy',
  too_large: 'too_large',
  too_long: 'too_large',
  kind_unknown: 'unsupported_media_type',
  kind_unsupported: 'unsupported_media_type',
  page_instead: 'unsupported_media_type',
  damaged: 'unreadable',
  busy: 'busy',
  sign_in_needed: 'unreadable',
};
