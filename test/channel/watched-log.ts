import { createLogger, type Logger } from '../../src/log.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface WatchedLog {
  readonly log: Logger;
  readonly lines: readonly LogLine[];
  /** Resolves with the first matching line, including past ones. */
  when(fits: (line: LogLine) => boolean): Promise<LogLine>;
}

/** The real logger with a reader that waits for a matching line. */
export function watchedLog(): WatchedLog {
  const lines: LogLine[] = [];
  const waiters = new Set<(line: LogLine) => void>();
  const write = (text: string) => {
    const line: LogLine = JSON.parse(text);
    lines.push(line);
    for (const look of waiters) look(line);
  };
  return {
    log: createLogger('debug', { write }),
    lines,
    when: (fits) =>
      new Promise((resolve) => {
        const past = lines.find(fits);
        if (past !== undefined) return resolve(past);
        const look = (line: LogLine) => {
          if (!fits(line)) return;
          waiters.delete(look);
          resolve(line);
        };
        waiters.add(look);
      }),
  };
}
