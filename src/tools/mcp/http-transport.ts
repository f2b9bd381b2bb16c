import type { FetchLike, Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { McpTransport } from '../../config/mcp-settings.ts';
import { fieldsOf } from '../../json-access.ts';
import { TokenError } from './mcp-failure.ts';

type HttpSettings = Extract<McpTransport, { kind: 'http' }>;

/** Limits one body, or one event of a stream. */
const MAX_MESSAGE_BYTES = 10_485_760;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

interface HttpTransportDeps {
  readonly fetch: typeof fetch;
  /** Called before each request. Default: requests carry no token. */
  readonly token: (() => Promise<string>) | undefined;
}

/** Creates the HTTP transport. The SDK follows no redirect to another origin. */
export function httpTransport({ url, headers }: HttpSettings, { fetch, token }: HttpTransportDeps): Transport {
  const options = { requestInit: { headers: { ...headers } }, fetch: boundedFetch(fetch) };
  const authProvider = token && { token: () => token().catch(throwTokenError) };
  const transport = new StreamableHTTPClientTransport(
    new URL(url),
    authProvider ? { ...options, authProvider } : options,
  );
  const send = transport.send.bind(transport);
  transport.send = (message, sendOptions) =>
    send(message, sendOptions).catch((cause: unknown) => {
      // Whatever stops the rest, the call may have been done, and must not be repeated.
      throw isContinued(message) ? new Error('the call was begun', { cause }) : cause;
    });
  return transport;
}

/**
 * Whether the server has begun this call before: the SDK sends a call again with the state that the server answered.
 */
function isContinued(message: object): boolean {
  return 'params' in message && fieldsOf(message.params)['requestState'] !== undefined;
}

function throwTokenError(cause: unknown): never {
  throw new TokenError('no access token', { cause });
}

/** Works like `fetch`, but a body with a message that is too long ends with an error. */
function boundedFetch(fetch: HttpTransportDeps['fetch']): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.body === null) return response;
    const { status, statusText, headers, ok } = response;
    // The SDK reads every other body as a whole.
    const isStream = ok && /^\s*text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
    return new Response(response.body.pipeThrough(boundedMessages(isStream)), { status, statusText, headers });
  };
}

/** An event of a stream ends with an empty line. Any other body is one message. */
function boundedMessages(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let length = 0;
  let last = 0;
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.byteLength;
      for (let at = 0; isStream && at < chunk.byteLength; at++) {
        const byte = chunk[at] ?? 0;
        // The rest of the chunk belongs to the next event.
        if (byte === LINE_FEED && last === LINE_FEED) length = chunk.byteLength - at;
        if (byte !== CARRIAGE_RETURN) last = byte;
      }
      if (length > MAX_MESSAGE_BYTES) controller.error(new Error(`a message has more than ${MAX_MESSAGE_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
