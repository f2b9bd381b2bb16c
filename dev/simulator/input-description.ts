const MAX_QUOTED_CHARS = 200;

/** What the simulator finds in one audio clip of the user. */
export interface ClipDescription {
  readonly durationMs: number;
  /** The frequency with the most energy, to 2 % between 80 Hz and 8 kHz. Undefined for silence. */
  readonly loudestHz: number | undefined;
  /** The mean level in dB of full scale: a full sine has -3, silence less than -60, the minimum is -96. */
  readonly levelDb: number;
}

/** What the simulator finds in one picture of the user. */
export interface PictureDescription {
  readonly format: 'PNG' | 'JPEG';
  /** From the header of the picture. Undefined if the header is damaged. */
  readonly size: { readonly widthPx: number; readonly heightPx: number } | undefined;
}

/** A part of a user message that is not text of the user. */
export type InputDescription =
  | { readonly kind: 'clip'; readonly clip: ClipDescription }
  | { readonly kind: 'picture'; readonly picture: PictureDescription }
  /** `name`: as the user gave it. */
  | { readonly kind: 'textFile'; readonly name: string | undefined; readonly lines: readonly string[] };

/** The sentence about it in an answer. */
export function sentenceAbout(input: InputDescription): string {
  switch (input.kind) {
    case 'clip':
      return aboutClip(input.clip);
    case 'picture':
      return aboutPicture(input.picture);
    case 'textFile':
      return aboutTextFile(input);
  }
}

function aboutClip(clip: ClipDescription): string {
  if (clip.loudestHz === undefined) return `I heard ${seconds(clip)} of silence.`;
  return `I heard ${seconds(clip)} of sound; its loudest tone is about ${Math.round(clip.loudestHz)} Hz.`;
}

function aboutPicture({ format, size }: PictureDescription): string {
  if (size === undefined) return `I see a picture, but I cannot tell its size (${format}).`;
  return `I see a picture of ${size.widthPx} by ${size.heightPx} pixels (${format}).`;
}

function aboutTextFile({ name, lines }: Extract<InputDescription, { kind: 'textFile' }>): string {
  const file = name === undefined ? 'a text file' : `the text file ${name}`;
  if (lines.length === 0) return `I read ${file}, which is empty.`;
  const length = lines.length === 1 ? 'one line' : `${lines.length} lines`;
  return `I read ${file} of ${length}. It begins: ${(lines[0] ?? '').slice(0, MAX_QUOTED_CHARS).toWellFormed()}`;
}

/** The transcript of a clip: the simulator does not recognize speech. */
export function transcriptOf(clip: ClipDescription): string {
  if (clip.loudestHz === undefined) return 'silence';
  return `a tone of about ${Math.round(clip.loudestHz)} Hz for ${seconds(clip)}`;
}

function seconds({ durationMs }: ClipDescription): string {
  return `${(durationMs / 1000).toFixed(1)} seconds`;
}
