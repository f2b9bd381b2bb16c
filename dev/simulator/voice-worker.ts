import { serveTasks } from '../../src/workers/serve-tasks.ts';
import { INPUT_RATE_HZ, resample } from './resample.ts';
import { speechText } from './speech-text.ts';

/** The parts of the package used here. It has no types (see its espeak-ng.js, 0.3.5). */
interface Espeak {
  readonly samplerate: number;
  set_voice(name: string): number;
  /** Synchronous. The callback gets the audio in pieces, and returns true to stop. */
  synthesize(text: string, onAudio: (samples: Int16Array) => boolean): void;
}
interface EspeakModule {
  readonly default: () => Promise<{ readonly eSpeakNGWorker: new () => Espeak }>;
}

/** Not a literal in the import: a development dependency may be missing. */
const PACKAGE: string = '@echogarden/espeak-ng-emscripten';
const VOICE = 'en-us';

async function loadEspeak(): Promise<Espeak> {
  const { default: load } = (await import(PACKAGE)) as EspeakModule;
  const { eSpeakNGWorker } = await load();
  const espeak = new eSpeakNGWorker();
  if (espeak.samplerate !== INPUT_RATE_HZ) throw new Error(`espeak-ng speaks at ${espeak.samplerate} Hz`);
  if (espeak.set_voice(VOICE) !== 0) throw new Error(`espeak-ng has no voice ${VOICE}`);
  return espeak;
}

function speak(espeak: Espeak, text: string): Uint8Array<ArrayBuffer> {
  const pieces: Int16Array[] = [];
  espeak.synthesize(speechText(text), (samples) => {
    // The engine reuses the memory of the piece.
    pieces.push(samples.slice());
    return false;
  });
  const joined = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return new Uint8Array(resample(joined).buffer);
}

let espeak: Espeak | undefined;

serveTasks(async (text: string) => {
  espeak ??= await loadEspeak();
  const pcm = speak(espeak, text);
  return { result: pcm, transfer: [pcm.buffer] };
});
