/** Whether doing the same once more is safe: `unknown` is treated like `never`. */
export type Retry = 'safe' | 'never' | 'unknown';

/**
 * Why a turn produced no answer, and whether asking again is safe as long as nothing of the answer has arrived.
 * A hang is never retried: the user has waited long enough, and the model may still be at work.
 */
export const TURN_RETRY = {
  // Ours to mend: settings, credentials, quota.
  credentials_failed: 'unknown',
  unauthorized: 'never',
  forbidden: 'never',
  deployment_not_found: 'never',
  handshake_refused: 'never',
  settings_rejected: 'never',
  quota_exhausted: 'never',
  // The service's side, expected to pass.
  rate_limited: 'safe',
  service_unavailable: 'safe',
  server_error: 'safe',
  connection_lost: 'safe',
  session_expired: 'safe',
  response_conflict: 'safe',
  // A hang, but the model has not been asked yet.
  token_timeout: 'safe',
  frame_malformed: 'safe',
  // Hangs.
  handshake_timeout: 'never',
  first_event_timeout: 'never',
  silence_timeout: 'never',
  turn_timeout: 'never',
  // This message, and no other.
  request_rejected: 'never',
  frame_too_large: 'never',
  empty_response: 'unknown',
  // The user's own wish.
  cancelled: 'never',
  // This process.
  shutting_down: 'never',
  claim_lost: 'never',
  internal: 'unknown',
} as const satisfies Record<string, Retry>;

/** Why a turn failed. */
export type TurnErrorCode = keyof typeof TURN_RETRY;

/** What may be known of a failed turn besides its code. */
export interface TurnErrorDetails {
  cause?: unknown;
  /** How long the service asked us to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** A turn that ended without an answer. The message is for the log, not for the user (see catalog.ts). */
export class TurnError extends Error {
  override readonly name = 'TurnError';
  readonly code: TurnErrorCode;
  readonly retry: Retry;
  readonly retryAfterMs: number | undefined;

  constructor(code: TurnErrorCode, message: string, { cause, retryAfterMs }: TurnErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retry = TURN_RETRY[code];
    this.retryAfterMs = retryAfterMs;
  }
}

/** Why an answer did not reach its user, as far as more than a log line follows from it. */
export type SendErrorCode = 'conversation_gone' | 'send_timeout';

const SEND_RETRY: Record<SendErrorCode, Retry> = { conversation_gone: 'never', send_timeout: 'unknown' };

/** An answer that was not sent. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;
  readonly retry: Retry;

  constructor(code: SendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = SEND_RETRY[code];
  }
}

/**
 * Why a proxy gave no way to a host. `proxy_unreachable`: it did not answer, or not as a proxy does. `proxy_refused`: it
 * answered with an error, such as 407 where it wants a password or 502 where it does not reach the host.
 */
export type ProxyErrorCode = 'proxy_unreachable' | 'proxy_refused';

/** No way through the proxy. The message names the proxy without its credentials. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: ProxyErrorCode;
  readonly retry: Retry = 'safe';

  constructor(code: ProxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a file was not put where the user wanted it. */
export type UploadErrorCode = 'upload_place_unknown' | 'upload_refused' | 'upload_failed';

/** A file that was not uploaded. To upload it again is always safe, but the first of these will fail again. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  readonly retry: Retry;

  constructor(code: UploadErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = code === 'upload_place_unknown' ? 'never' : 'safe';
  }
}

/**
 * Why something was not stored or read. `store_unavailable`: no
 * answer, or none that says whether it was done. `store_refused`: the store does not let us, which an operator has to
 * mend. `store_rejected`: the call is wrong. `store_unreadable`: what is there is not ours to read.
 */
export type StoreErrorCode = 'store_unavailable' | 'store_refused' | 'store_rejected' | 'store_unreadable';

const STORE_RETRY: Record<StoreErrorCode, Retry> = {
  store_unavailable: 'safe',
  store_refused: 'safe',
  store_rejected: 'never',
  store_unreadable: 'never',
};

/** What the store of records, accepted messages or audio did not do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly retry: Retry;
  /** Azure's own word for it, such as `AuthorizationFailure`, else that of the network. */
  readonly reason: string | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options?: ErrorOptions & { readonly reason?: string | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.retry = STORE_RETRY[code];
    this.reason = options?.reason;
  }
}

/** What cannot be used: the settings, or the file `.env` that holds them. */
export type ConfigErrorCode = 'config_invalid' | 'dot_env_unreadable';

/** The configuration cannot be used. Lists every problem, one a line; never holds a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  readonly retry: Retry = 'never';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], code: ConfigErrorCode = 'config_invalid') {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
    this.code = code;
  }
}

/** Why a request is refused. */
export type RequestErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'in_progress'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unreadable'
  | 'draining'
  | 'not_kept'
  | 'busy';

const REQUEST_STATUS: Record<RequestErrorCode, number> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  in_progress: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unreadable: 422,
  draining: 503,
  not_kept: 503,
  busy: 503,
};

/** An HTTP request that is refused. The message goes to the caller: it says what to change and nothing of our inside. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  readonly retry: Retry;
  readonly status: number;

  constructor(code: RequestErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = REQUEST_STATUS[code] === 503 ? 'safe' : 'never';
    this.status = REQUEST_STATUS[code];
  }
}

/**
 * Why something that a user sent could not be used. `address_refused`: its link leads where the bot does not go.
 * `not_fetched`: whoever has it does not give it. `too_slow`: it did not come, or could not be read, in time.
 * `too_large` in bytes or pixels, `too_long` in minutes. `kind_unknown`: nothing tells what it is. `kind_unsupported`: it
 * is known, and cannot be read here. `page_instead`: a page came in its place, as from a link for people. `damaged`: it
 * is not what it says it is, or its end is missing. `busy`: too much is being read at once. `sign_in_needed`: only its
 * sender's own account may read it there.
 */
export type AttachmentErrorCode =
  | 'address_refused'
  | 'not_fetched'
  | 'too_slow'
  | 'too_large'
  | 'too_long'
  | 'kind_unknown'
  | 'kind_unsupported'
  | 'page_instead'
  | 'damaged'
  | 'busy'
  | 'sign_in_needed';

const ATTACHMENT_RETRY: Record<AttachmentErrorCode, Retry> = {
  address_refused: 'never',
  not_fetched: 'unknown',
  too_slow: 'unknown',
  too_large: 'never',
  too_long: 'never',
  kind_unknown: 'never',
  kind_unsupported: 'never',
  page_instead: 'never',
  damaged: 'never',
  busy: 'safe',
  sign_in_needed: 'never',
};

/** Something that a user sent and that could not be used. The message is for the log, not for the user. */
export class AttachmentError extends Error {
  override readonly name = 'AttachmentError';
  readonly code: AttachmentErrorCode;
  readonly retry: Retry;

  constructor(code: AttachmentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = ATTACHMENT_RETRY[code];
  }
}

/** The system's own word for what went wrong, such as `ENOTFOUND`, of an error or of what caused it. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : systemCode(error.cause);
}
