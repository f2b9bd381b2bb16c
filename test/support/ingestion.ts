import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { Certificate } from './certificate.ts';

/** One telemetry envelope for Application Insights. */
export interface Envelope {
  readonly data: { readonly baseType: string; readonly baseData: EnvelopeData };
  readonly tags: Readonly<Record<string, string>>;
}

interface EnvelopeData {
  readonly name?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly success?: boolean;
  readonly id?: string;
  readonly metrics?: readonly { readonly name: string; readonly value: number; readonly count?: number }[];
}

export interface Ingestion {
  /** Whether each request is answered with 503. Its envelopes are recorded nevertheless. */
  isBusy: boolean;
  readonly connectionString: string;
  readonly envelopes: readonly Envelope[];
  /** The raw bodies of all requests. */
  readonly bodies: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  /** Resolves with the first matching envelope, past ones included. */
  when(fits: (envelope: Envelope) => boolean): Promise<Envelope>;
  close(): Promise<void>;
}

/** In place of Application Insights: accepts telemetry over https, which its client requires. */
export async function startIngestion({ key, cert }: Certificate): Promise<Ingestion> {
  const bodies: string[] = [];
  const envelopes: Envelope[] = [];
  const authorizations: (string | undefined)[] = [];
  const waiters = new Set<() => void>();
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isPacked = request.headers['content-encoding'] === 'gzip';
    const body = await text(isPacked ? request.pipe(createGunzip()) : request);
    authorizations.push(request.headers.authorization);
    bodies.push(body);
    const sent = JSON.parse(body) as Envelope[];
    envelopes.push(...sent);
    // Without the header, the library retries only after seconds.
    const retryAfter = ingestion.isBusy ? { 'retry-after': '0' } : {};
    response.writeHead(ingestion.isBusy ? 503 : 200, { 'content-type': 'application/json', ...retryAfter });
    response.end(JSON.stringify({ itemsReceived: sent.length, itemsAccepted: sent.length, errors: [] }));
    for (const wake of waiters) wake();
  }
  const server = createServer({ key, cert }, (request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ingestion: Ingestion = {
    isBusy: false,
    connectionString: `InstrumentationKey=00000000-0000-4000-8000-000000000001;IngestionEndpoint=https://localhost:${port}/`,
    envelopes,
    bodies,
    authorizations,
    when(fits) {
      return new Promise((resolve) => {
        const check = () => {
          const found = envelopes.find(fits);
          if (found === undefined) return;
          waiters.delete(check);
          resolve(found);
        };
        waiters.add(check);
        check();
      });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return ingestion;
}
