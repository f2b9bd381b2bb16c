import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import {
  AccountSASPermissions,
  BlobServiceClient,
  type ContainerClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { AUDIO_CONTAINER, CALL_OPTIONS } from '../../src/storage/azure-account.ts';

/** Azure Storage on this machine: Azurite, in memory. */
export interface Azurite extends AsyncDisposable {
  /** The address of the account, with its name in the path. */
  readonly url: string;
  readonly connectionString: string;
  close(): Promise<void>;
}

/** The documented account of every Azurite. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Ends Azurite when its standard input ends, as it does with the parent process. */
const END_WITH_PARENT = 'data:text/javascript,process.stdin.resume().on("end",()=>process.exit())';
const TIMEOUT_MS = 30_000;

/** The connection string of Azurite's account at another address. */
export function connectionStringOf(accountUrl: string): string {
  const name = new URL(accountUrl).pathname.slice(1);
  return `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${KEY};BlobEndpoint=${accountUrl};`;
}

/** A container of Azurite, opened with the key of its account. */
export function azuriteContainer(connectionString: string, name: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(connectionString, CALL_OPTIONS).getContainerClient(name);
}

/** Creates the container for reply audio, as the template does. */
export async function createAudioContainer({ connectionString }: Pick<Azurite, 'connectionString'>): Promise<void> {
  await azuriteContainer(connectionString, AUDIO_CONTAINER).createIfNotExists();
}

/** A signature for the query of a URL, valid for an hour. */
export function azuriteSignature(): string {
  return generateAccountSASQueryParameters(
    {
      expiresOn: new Date(Date.now() + 3_600_000),
      permissions: AccountSASPermissions.parse('rwdlac'),
      resourceTypes: 'co',
      services: 'b',
    },
    new StorageSharedKeyCredential(ACCOUNT, KEY),
  ).toString();
}

let shared: Promise<Azurite> | undefined;

/** The shared Azurite of this process, for tests that create their own containers. It ends with the process. */
export function sharedAzurite(): Promise<Azurite> {
  shared ??= startAzurite();
  return shared;
}

/** A separate Azurite with an empty account. Starting it takes a second or two. It does not keep the process alive. */
export async function startAzurite(): Promise<Azurite> {
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  // The client library uses a newer version of the API than Azurite knows.
  const options = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const child = spawn(
    process.execPath,
    ['--import', END_WITH_PARENT, program, '--blobHost', '127.0.0.1', '--blobPort', '0', ...options],
    { cwd: tmpdir(), stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  async function close(): Promise<void> {
    // Keep this process alive until Azurite has ended: `unref` below took its hold away.
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }

  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = setTimeout(() => reject(new Error('Azurite did not start in time')), TIMEOUT_MS);
  child.once('error', reject);
  void ended.then(() => reject(new Error('Azurite ended')));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const origin = /listens on (http:\S+)/.exec(line)?.[1];
    if (origin !== undefined) resolve(origin);
  });
  try {
    const origin = await promise;
    const url = `${origin}/${ACCOUNT}`;
    child.unref();
    for (const pipe of [child.stdin, child.stdout]) (pipe as Socket).unref();
    return { url, connectionString: connectionStringOf(url), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
