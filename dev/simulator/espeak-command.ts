import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { INPUT_RATE_HZ, resample } from './resample.ts';
import { speechText } from './speech-text.ts';
import type { Voice } from './voice-port.ts';

const COMMAND = 'espeak-ng';
/** Far more than the longest text takes. */
const TIMEOUT_MS = 30_000;
const MAX_WAV_BYTES = 64 * 1024 * 1024;
/** espeak-ng writes a canonical WAV header, with wrong sizes since it writes to a pipe. */
const HEADER_BYTES = 44;
const RATE_OFFSET = 24;

const execute = promisify(execFile);

/** The espeak-ng of the system: one process for each text. */
export class EspeakCommand implements Voice {
  readonly name = 'espeak-ng (system command)';
  readonly #command: string;
  readonly #closed = new AbortController();

  private constructor(command: string) {
    this.#command = command;
  }

  /** Rejects when the command is missing or fails. `command` is for tests. */
  static async open(command = COMMAND): Promise<EspeakCommand> {
    const voice = new EspeakCommand(command);
    await voice.speak('test');
    return voice;
  }

  async speak(text: string): Promise<Uint8Array> {
    // The option `timeout` is not used: its timer keeps the process alive if the command is missing.
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const options = { encoding: 'buffer', maxBuffer: MAX_WAV_BYTES, signal } as const;
    const running = execute(this.#command, ['-v', 'en-us', '--stdin', '--stdout'], options);
    // Use standard input, since a text among the arguments could be read as an option. Exit codes report errors.
    running.child.stdin?.on('error', () => {}).end(speechText(text));
    const { stdout } = await running;
    return stdout.length < HEADER_BYTES ? new Uint8Array() : pcmIn(stdout);
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }
}

function pcmIn(wav: Buffer): Uint8Array {
  const rate = wav.readUInt32LE(RATE_OFFSET);
  if (rate !== INPUT_RATE_HZ) throw new Error(`${COMMAND} speaks at ${rate} Hz`);
  const length = Math.floor((wav.length - HEADER_BYTES) / 2);
  const samples = Int16Array.from({ length }, (_, index) => wav.readInt16LE(HEADER_BYTES + index * 2));
  return new Uint8Array(resample(samples).buffer);
}
