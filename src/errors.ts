/** An error of the bot itself. Its message is for the log and holds neither secrets nor user input. */
export abstract class BotError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether a retry is safe. `unknown` is never retried, either: it only says that nobody has studied the case. */
type Retry = 'safe' | 'never' | 'unknown';

/**
 * The reasons why a turn has no answer. `retry` applies until the first delta has arrived; `apology` is the text for
 * the user. A hang is never retried: the user has waited long enough, and the model may still be working.
 */
export const TURN_ERRORS = {
  // These need an operator: settings, credentials, quota.
  credentials_failed: { retry: 'unknown', apology: 'misconfigured' },
  unauthorized: { retry: 'never', apology: 'misconfigured' },
  forbidden: { retry: 'never', apology: 'misconfigured' },
  deployment_not_found: { retry: 'never', apology: 'misconfigured' },
  handshake_refused: { retry: 'never', apology: 'misconfigured' },
  settings_rejected: { retry: 'never', apology: 'misconfigured' },
  quota_exhausted: { retry: 'never', apology: 'misconfigured' },
  // These are transient faults of the service.
  rate_limited: { retry: 'safe', apology: 'crowded' },
  service_unavailable: { retry: 'safe', apology: 'broken' },
  server_error: { retry: 'safe', apology: 'broken' },
  connection_lost: { retry: 'safe', apology: 'broken' },
  session_expired: { retry: 'safe', apology: 'broken' },
  response_conflict: { retry: 'safe', apology: 'broken' },
  frame_malformed: { retry: 'safe', apology: 'broken' },
  // This is a hang, but the model has not been asked yet.
  token_timeout: { retry: 'safe', apology: 'slow' },
  // These are hangs.
  handshake_timeout: { retry: 'never', apology: 'slow' },
  first_event_timeout: { retry: 'never', apology: 'slow' },
  silence_timeout: { retry: 'never', apology: 'slow' },
  turn_timeout: { retry: 'never', apology: 'slow' },
  // These are caused by the message.
  request_rejected: { retry: 'never', apology: 'unanswerable' },
  frame_too_large: { retry: 'never', apology: 'unanswerable' },
  empty_response: { retry: 'unknown', apology: 'unanswerable' },
  // The user cancelled it.
  cancelled: { retry: 'never', apology: 'cancelled' },
  // These are caused by this process.
  shutting_down: { retry: 'never', apology: 'restarting' },
  claim_lost: { retry: 'never', apology: 'internal' },
  internal: { retry: 'unknown', apology: 'internal' },
} as const satisfies Record<string, { retry: Retry; apology: string }>;

export type TurnErrorCode = keyof typeof TURN_ERRORS;

/** A turn that ended without an answer. */
export class TurnError extends BotError<TurnErrorCode> {
  override readonly name = 'TurnError';
  readonly retry = TURN_ERRORS[this.code].retry;
  /** The wait that the service asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: TurnErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A reply was not sent, for a reason that the bot acts on. Other failed sends are only logged. */
export class SendError extends BotError<'conversation_gone' | 'send_timeout'> {
  override readonly name = 'SendError';
}

/**
 * The proxy did not connect to a host. `proxy_unreachable`: it did not answer as a proxy. `proxy_refused`: it answered
 * with an error, such as 407 if it requires a password or 502 if it cannot reach the host. The message names the proxy
 * without its credentials.
 */
export class ProxyError extends BotError<'proxy_unreachable' | 'proxy_refused'> {
  override readonly name = 'ProxyError';
}

/** A file was not uploaded to the user's storage. */
export class UploadError extends BotError<'untrusted_upload_host' | 'upload_refused' | 'upload_failed'> {
  override readonly name = 'UploadError';
}

/**
 * Why a store's call failed, and whether a retry is safe. `store_unavailable`: no answer, or it is unknown whether the
 * call succeeded. `store_access_denied`: an operator has to give the bot access. `store_call_invalid`: a retry fails,
 * too.
 */
const STORE_RETRY = {
  store_unavailable: 'safe',
  store_access_denied: 'safe',
  store_call_invalid: 'never',
} as const;
export type StoreErrorCode = keyof typeof STORE_RETRY;

/** A failed call to the store of records, queue or audio. */
export class StoreError extends BotError<StoreErrorCode> {
  override readonly name = 'StoreError';
  readonly retry = STORE_RETRY[this.code];
  /** The code of the store, such as `AuthorizationFailure` or a SQLSTATE, or else of the network. */
  readonly reason: string | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: ErrorOptions & { readonly reason?: string | undefined } = {},
  ) {
    super(code, message, options);
    this.reason = options.reason;
  }
}

export type ConfigErrorCode = 'config_invalid' | 'dot_env_unreadable' | 'identity_rejected';

/**
 * The settings cannot be used. The message lists every problem, one a line, then the notices: alone, they would not
 * stop the start. It never holds a secret.
 */
export class ConfigError extends BotError<ConfigErrorCode> {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  readonly notices: readonly string[];

  constructor(problems: readonly string[], code: ConfigErrorCode = 'config_invalid', notices: readonly string[] = []) {
    const list = (heading: string, items: readonly string[]) =>
      items.length === 0 ? [] : [heading, ...items.map((item) => `  - ${item}`)];
    const lines = [
      ...list('The configuration cannot be used:', problems),
      ...list('Warnings, which may explain it:', notices),
    ];
    super(code, lines.join('\n'));
    this.problems = problems;
    this.notices = notices;
  }
}

const REQUEST_STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  in_progress: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unreadable: 422,
  internal: 500,
  draining: 503,
  not_stored: 503,
  busy: 503,
} as const;
export type RequestErrorCode = keyof typeof REQUEST_STATUS;

/** A refused HTTP request. The message goes to the caller: it says what to change and reveals no internals. */
export class RequestError extends BotError<RequestErrorCode> {
  override readonly name = 'RequestError';
  readonly status = REQUEST_STATUS[this.code];
}

/** Why a file that a user sent could not be used. */
export type AttachmentErrorCode =
  /** The address of its link is not allowed. */
  | 'address_refused'
  /** Its server does not deliver it. */
  | 'not_fetched'
  /** It was not fetched or read in time. */
  | 'too_slow'
  /** The file has too many bytes or pixels. */
  | 'too_large'
  /** The audio has too many minutes. */
  | 'too_long'
  | 'kind_unknown'
  | 'kind_unsupported'
  /** Its link leads to a page for people. */
  | 'page_instead'
  /** Its content is not what it claims, or its end is missing. */
  | 'damaged'
  /** Too many files are being read. */
  | 'busy'
  /** Only its sender's account may read it. */
  | 'sign_in_needed';

/** A file that a user sent and that could not be used. */
export class AttachmentError extends BotError<AttachmentErrorCode> {
  override readonly name = 'AttachmentError';
}

/** Returns the system's code, such as `ENOTFOUND`, of the error or its causes. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : systemCode(error.cause);
}
