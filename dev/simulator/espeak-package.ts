import { systemClock } from '../../src/clock.ts';
import type { Logger } from '../../src/log.ts';
import { workerUrl } from '../../src/worker-url.ts';
import { TaskWorker } from '../../src/workers/task-worker.ts';
import type { Voice } from './voice-port.ts';

/** Far more than the longest text takes. */
const TIMEOUT_MS = 60_000;
const IDLE_MS = 30 * 60_000;
const MAX_WAITING = 1_000;

/**
 * Opens espeak-ng as WebAssembly, in its own thread: a minute of speech takes about a second. Rejects when the package
 * is missing or does not work. `file` is for tests.
 */
export async function openEspeakPackage(
  log: Logger,
  file = workerUrl(import.meta.url, 'voice-worker'),
): Promise<Voice> {
  const worker = new TaskWorker<string, Uint8Array>({
    file,
    clock: systemClock,
    log,
    limitMs: TIMEOUT_MS,
    maxWaiting: MAX_WAITING,
    idleMs: IDLE_MS,
    resourceLimits: {},
  });
  const { signal } = new AbortController();
  const voice: Voice = {
    name: 'espeak-ng (WebAssembly)',
    speak: (text) => worker.run(text, { signal }),
    close: () => worker.close(),
  };
  try {
    await voice.speak('');
  } catch (error) {
    await voice.close();
    throw error;
  }
  return voice;
}
