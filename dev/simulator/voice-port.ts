/** Turns text into audio. */
export interface Voice {
  readonly name: string;
  /** PCM16 LE mono 24 kHz. Accepts any text; an empty one gives silence or a short sound. */
  speak(text: string): Promise<Uint8Array>;
  /** Safe to call twice. */
  close(): Promise<void>;
}
