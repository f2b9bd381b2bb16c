/** Where a fixture registers what to close at the end: a `TestContext`, or what `closingAfter` returns for a suite. */
export interface Closing {
  after(close: () => Promise<void>): void;
}

/**
 * Closes what was opened last first, such as a bot before the proxy to its database. `after`: of a test, or of its
 * suite.
 */
export function closingAfter(after: (close: () => Promise<void>) => void): Closing {
  const closings: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closings.reverse()) await close();
  });
  return { after: (close) => void closings.push(close) };
}
