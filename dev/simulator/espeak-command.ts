import { type ChildProcess, spawn } from 'node:child_process';
import { INPUT_RATE_HZ, resample } from './resample.ts';
import { speechText } from './speech-text.ts';
import type { Voice } from './voice-port.ts';

const COMMAND = 'espeak-ng';
/** Far more than the longest text takes. */
const TIMEOUT_MS = 30_000;
/** A canonical WAV header; espeak-ng writes no other. Its sizes are wrong, as it writes to a pipe. */
const HEADER_BYTES = 44;
const RATE_OFFSET = 24;

/** The espeak-ng of the system, one process a text. */
export class EspeakCommand implements Voice {
  readonly name = 'espeak-ng (system command)';
  readonly #command: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(command: string) {
    this.#command = command;
  }

  /** Rejects when the command is not there or does not work. `command` is for tests. */
  static async open(command = COMMAND): Promise<EspeakCommand> {
    const voice = new EspeakCommand(command);
    await voice.speak('test');
    return voice;
  }

  async speak(text: string): Promise<Uint8Array> {
    const wav = await this.#run(speechText(text));
    return wav.length < HEADER_BYTES ? new Uint8Array() : fromWav(wav);
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill();
  }

  /** The text goes in by stdin, never as an argument: there it could be taken for an option. */
  #run(text: string): Promise<Buffer> {
    const child = spawn(this.#command, ['-v', 'en-us', '--stdin', '--stdout'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // Not the option `timeout`: its timer outlives a command that is not there, and keeps the process alive.
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    this.#running.add(child);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      // A command that ends without reading says so by its exit code.
      child.stdin.on('error', () => {});
      child.on('error', reject);
      child.on('close', (code) => {
        this.#running.delete(child);
        if (code === 0) resolve(Buffer.concat(chunks));
        else reject(new Error(`${this.#command} ended with ${code}`));
      });
      child.stdin.end(text);
    });
  }
}

function fromWav(wav: Buffer): Uint8Array {
  const rate = wav.readUInt32LE(RATE_OFFSET);
  if (rate !== INPUT_RATE_HZ) throw new Error(`${COMMAND} speaks at ${rate} Hz`);
  const length = Math.floor((wav.length - HEADER_BYTES) / 2);
  const samples = Int16Array.from({ length }, (_, index) => wav.readInt16LE(HEADER_BYTES + index * 2));
  return new Uint8Array(resample(samples).buffer);
}
