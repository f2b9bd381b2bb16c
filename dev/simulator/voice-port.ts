/** Turns text into sound. */
export interface Voice {
  readonly name: string;
  /** PCM16 LE mono 24 kHz. Any text is safe; an empty one gives a short sound or silence. */
  speak(text: string): Promise<Uint8Array>;
  /** Safe twice. */
  close(): Promise<void>;
}
