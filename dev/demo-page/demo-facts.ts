/** What the page says of the bot. */
export interface DemoFacts {
  /** The voice with which the bot speaks, such as `alloy`. */
  readonly voice: string;
  /** What stands behind it, in words. */
  readonly model: string;
}
