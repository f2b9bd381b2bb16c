/** When the next piece may go out; one for each conversation, as its answers follow each other. */
export interface Pace {
  nextAtMs: number;
}
