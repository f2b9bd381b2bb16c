import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../src/worker-url.ts';
import type { Voice } from './voice-port.ts';
import type { SpeechJob, SpeechMessage } from './voice-worker.ts';

/** espeak-ng as WebAssembly, in its own thread: a minute of speech takes about a second. */
export class EspeakWorker implements Voice {
  readonly name = 'espeak-ng (WebAssembly)';
  readonly #worker: Worker;
  readonly #jobs = new Map<number, PromiseWithResolvers<Uint8Array>>();
  readonly #ready = Promise.withResolvers<void>();
  #lastId = 0;
  #failure: Error | undefined;

  private constructor(url: URL) {
    // Without the flags of this process, such as those of the test runner.
    this.#worker = new Worker(url, { execArgv: [] });
    this.#worker.on('message', (message: SpeechMessage) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#fail(new Error('voice worker failed', { cause: error })));
    this.#worker.on('exit', (code) => this.#fail(new Error(`voice worker ended with ${code}`)));
  }

  /** Rejects when the package is missing or does not work. `url` is for tests. */
  static async open(url: URL = workerUrl(import.meta.url, 'voice-worker')): Promise<EspeakWorker> {
    const voice = new EspeakWorker(url);
    try {
      await voice.#ready.promise;
    } catch (error) {
      await voice.close();
      throw error;
    }
    return voice;
  }

  /** Rejects once the worker has ended. */
  speak(text: string): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const job: SpeechJob = { id: ++this.#lastId, text };
    const pending = Promise.withResolvers<Uint8Array>();
    this.#jobs.set(job.id, pending);
    this.#worker.postMessage(job);
    return pending.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #onMessage(message: SpeechMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve();
        break;
      case 'unavailable':
        this.#fail(new Error(message.reason));
        break;
      case 'spoken':
        this.#jobs.get(message.id)?.resolve(message.pcm);
        this.#jobs.delete(message.id);
        break;
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(error);
    for (const job of this.#jobs.values()) job.reject(error);
    this.#jobs.clear();
  }
}
