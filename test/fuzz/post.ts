import { Agent, request } from 'node:http';
import { MAX_BODY_BYTES } from '../../src/http/json-body.ts';

/** No answer is expected to take longer, an answer in the response to `expectReplies` among them. */
const PATIENCE_MS = 60_000;

export interface Answer {
  /** 0 when the connection was cut before there was an answer, which only a body that is too large may see. */
  readonly status: number;
  readonly body: string;
}

export interface Poster {
  post(body: Buffer, contentType: string): Promise<Answer>;
  /** Closes the connections that are kept. */
  close(): void;
}

/** Posts to the bot over connections that are kept, a bounded number of them. */
export function createPoster(url: string, maxSockets = 32): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const post = (body: Buffer, contentType: string) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { 'content-type': contentType, 'content-length': body.byteLength };
      const sent = request(`${url}/api/messages`, { agent, method: 'POST', headers });
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }));
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const isCut = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        if (isCut && body.byteLength > MAX_BODY_BYTES) resolve({ status: 0, body: '' });
        else reject(error);
      });
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
}
