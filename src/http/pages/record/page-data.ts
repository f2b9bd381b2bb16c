/** The values that the page gives its script. */
export interface RecordingPageFacts {
  readonly maxSeconds: number;
  /** From this length on, the page warns that the end is near. */
  readonly warnAtSeconds: number;
  /** How long a recording may begin, counted from the response. A complete one can be sent after that. */
  readonly leftToBeginMs: number;
  /** The sample rate of the uploaded WAV. */
  readonly sampleRateHz: number;
}

/** The script's texts in the user's language; `{elapsed}` in `of` is replaced with a time. */
export type RecordingPageTexts = Readonly<
  Record<
    | ('record' | 'stop' | 'asking' | 'listening' | 'almostFull' | 'full' | 'of')
    | ('recorded' | 'tooShort' | 'tooLate' | 'silent' | 'sending' | 'sent' | 'notSent' | 'ended')
    | ('refused' | 'noMicrophone' | 'microphoneInUse' | 'notHere'),
    string
  >
>;
