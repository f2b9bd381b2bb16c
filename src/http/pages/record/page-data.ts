/** What the page gives its script. */
export interface RecordingPageFacts {
  readonly maxSeconds: number;
  /** From here on the page warns that the end is near. */
  readonly warnAtSeconds: number;
  /** How long the link accepts a recording, counted from the response. */
  readonly leftMs: number;
  /** Relative to the page. */
  readonly uploadPath: string;
  /** Relative to the page. */
  readonly recorderPath: string;
  /** Of the WAV that is sent. */
  readonly sampleRateHz: number;
}

/** The script's texts in the user's language; `{elapsed}` in `of` is replaced with a time. */
export type RecordingPageTexts = Readonly<
  Record<
    | ('record' | 'stop' | 'asking' | 'listening' | 'almostFull' | 'full' | 'of')
    | ('recorded' | 'tooShort' | 'silent' | 'sending' | 'sent' | 'notSent' | 'ended')
    | ('refused' | 'noMicrophone' | 'microphoneInUse' | 'notHere' | 'notLoaded'),
    string
  >
>;
