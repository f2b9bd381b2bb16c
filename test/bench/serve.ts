/** What a process does for the bench, by name. */
export type Calls = Readonly<Record<string, (input: never) => unknown>>;

export interface CallMessage {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

export interface AnswerMessage {
  readonly id: number;
  readonly value?: unknown;
  /** Why the call failed. */
  readonly error?: string;
}

/** The side of a child process: answers the calls of its parent, and ends with it. */
export function serve(calls: Calls): void {
  process.on('message', async ({ id, name, input }: CallMessage) => {
    process.send?.(await answer(id, calls[name], input));
  });
  process.on('disconnect', () => process.exit());
}

async function answer(id: number, call: Calls[string] | undefined, input: unknown): Promise<AnswerMessage> {
  try {
    if (call === undefined) throw new Error('there is no such call');
    return { id, value: await call(input as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
