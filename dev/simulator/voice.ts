import { createLogger, type Logger } from '../../src/log.ts';
import { EspeakCommand } from './espeak-command.ts';
import { openEspeakPackage } from './espeak-package.ts';
import { tone } from './tone.ts';
import type { Voice } from './voice-port.ts';

export type { Voice } from './voice-port.ts';

/** A tone instead of speech: fast and deterministic. */
export function toneVoice(): Voice {
  return { name: 'tone', speak: async (text) => tone(text), close: async () => {} };
}

/** Rejects if the engine does not work. */
export type OpenEngine = (log: Logger) => Promise<Voice>;

const ENGINES: readonly OpenEngine[] = [(log) => openEspeakPackage(log), () => EspeakCommand.open()];

export interface VoiceOptions {
  /** Default: silent. */
  readonly log?: Logger;
  /** In order of preference. Default: espeak-ng from its package, then espeak-ng of the system. */
  readonly engines?: readonly OpenEngine[];
}

/** Opens the first engine that works, else a tone. */
export async function openVoice(options: VoiceOptions = {}): Promise<Voice> {
  const { log = createLogger('silent'), engines = ENGINES } = options;
  for (const open of engines) {
    try {
      const voice = withFallback(await open(log), log);
      log.info({ voice: voice.name }, 'voice opened');
      return voice;
    } catch (error) {
      log.info({ reason: error instanceof Error ? error.message : String(error) }, 'voice not opened');
    }
  }
  log.warn('no speech engine found: answers are a tone');
  return toneVoice();
}

/** Rethrows the first failure of a voice, and answers all later texts with a tone. */
export function withFallback(voice: Voice, log: Logger): Voice {
  let isBroken = false;
  let isClosed = false;
  return {
    name: voice.name,
    close() {
      isClosed = true;
      return voice.close();
    },
    async speak(text) {
      if (isBroken) return tone(text);
      try {
        return await voice.speak(text);
      } catch (err) {
        if (!isBroken && !isClosed)
          log.warn({ err, voice: voice.name }, 'voice failed: answers are a tone from now on');
        isBroken = true;
        throw err;
      }
    },
  };
}
