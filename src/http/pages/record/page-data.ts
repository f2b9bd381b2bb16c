/** What the page tells its script. */
export interface RecordingPageFacts {
  readonly maxSeconds: number;
  /** From here on the page says that the end is near. */
  readonly warnAtSeconds: number;
  /** For how long a recording is still taken, when the page is made. */
  readonly leftMs: number;
  /** Relative to the page. */
  readonly uploadPath: string;
  /** Relative to the page. */
  readonly recorderPath: string;
  /** Of the WAV that is sent. */
  readonly sampleRateHz: number;
}

/** What the script says, in the user's language; `{elapsed}` in `of` stands for a time. */
export type RecordingPageTexts = Readonly<Record<RecordingPageText, string>>;

type RecordingPageText =
  | ('record' | 'stop' | 'asking' | 'listening' | 'almostFull' | 'full' | 'of')
  | ('recorded' | 'tooShort' | 'silent' | 'sending' | 'sent' | 'notSent' | 'ended')
  | ('refused' | 'noMicrophone' | 'microphoneInUse' | 'notHere' | 'notLoaded');
