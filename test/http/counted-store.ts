import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { AudioStore, ByteRange, StoredAudio } from '../../src/audio/audio-store.ts';
import { toLink } from '../../src/audio/signed-links.ts';
import { systemClock } from '../../src/clock.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { TEST_BUILD } from '../support/build.ts';
import { noRecordings } from '../support/no-recordings.ts';
import { emptyAudioStore, storedAudio } from '../support/stored-audio.ts';

const HOUR_MS = 3_600_000;
export const LARGE_BYTES = 64 * 1024 * 1024;
const POLL_MS = 5;
const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, index) => index));

/** One call to the store, which the test answers. */
interface Held {
  answer(): void;
  fail(error: unknown): void;
}

/** Audio of a fixed size under any id; each call is counted, and held if the test wants that. */
class FakeStore {
  readonly finds: string[] = [];
  readonly reads: (ByteRange | undefined)[] = [];
  readonly held: Held[] = [];
  holdsFinds = false;
  holdsReads = false;
  byteLength = 300_000;
  /** The number of reads in progress, and its maximum. */
  readCount = 0;
  maxReadCount = 0;
  readonly store: AudioStore = emptyAudioStore({
    find: async (id) => {
      this.finds.push(id);
      if (this.holdsFinds) await this.#hold();
      return this.audio(id);
    },
    read: async (_id, range) => {
      this.reads.push(range);
      this.maxReadCount = Math.max(this.maxReadCount, ++this.readCount);
      try {
        if (this.holdsReads) await this.#hold();
        return bytesOf(range ?? { start: 0, end: this.byteLength - 1 });
      } finally {
        this.readCount--;
      }
    },
  });

  audio(id: string): StoredAudio {
    return storedAudio({ id, byteLength: this.byteLength, expiresAtMs: Date.now() + HOUR_MS });
  }

  #hold(): Promise<void> {
    return new Promise((resolve, fail) => void this.held.push({ answer: resolve, fail }));
  }
}

/** The byte at each position of the audio. */
export function bytesOf({ start, end }: ByteRange): Buffer {
  const from = start % PATTERN.byteLength;
  return Buffer.alloc(end - start + 1, Buffer.concat([PATTERN.subarray(from), PATTERN.subarray(0, from)]));
}

export const idOf = (index: number) => String(index).padStart(22, 'a');

export async function serve(t: TestContext, recordings: typeof noRecordings = noRecordings) {
  const fake = new FakeStore();
  const log = watchedLog();
  const server = createHttpServer({
    build: TEST_BUILD,
    receiveActivity: async () => undefined,
    audioStore: fake.store,
    recordings,
    about: { recordRetentionMs: 1, audioRetentionMs: 1, database: undefined, azureStorageBlobUrl: undefined },
    clock: systemClock,
    isDraining: () => false,
    onlyLoopback: true,
    log: log.log,
  });
  const port = await server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  const path = (index: number) => `/audio/${toLink(fake.audio(idOf(index)), Date.now() + HOUR_MS)}.wav`;
  const url = (index: number) => `http://127.0.0.1:${port}${path(index)}`;
  return { fake, log, port, path, url, origin: `http://127.0.0.1:${port}` };
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** Resolves when the store gets no more calls: nothing has changed for a while. */
export async function untilStill(count: () => number): Promise<number> {
  let seen = -1;
  for (let still = 0; still < 40; still++) {
    if (count() !== seen) still = 0;
    seen = count();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return seen;
}

/** A client that sends a request and reads nothing until it is told to. */
export async function slowClient(t: TestContext, port: number, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}

export async function bodyOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}
