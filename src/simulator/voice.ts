import type { Logger } from '../log.ts';
import { tone } from './tone.ts';

/** Turns text into sound. */
export interface Voice {
  readonly name: string;
  /** PCM16 LE mono 24 kHz. Any text is safe; an empty one gives a short sound or silence. */
  speak(text: string): Promise<Uint8Array>;
  /** Safe twice. */
  close(): Promise<void>;
}

/** No speech at all: pure, fast and deterministic. */
export function toneVoice(): Voice {
  return { name: 'tone', speak: async (text) => tone(text), close: async () => {} };
}

export async function openVoice(_options: { log?: Logger }): Promise<Voice> {
  return toneVoice();
}
