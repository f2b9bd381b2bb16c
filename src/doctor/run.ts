import type { Clock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import type { Logger } from '../log.ts';
import { type Check, type Finding, fail, skipped } from './check.ts';

/** A check that was made. */
export interface CheckReport {
  readonly name: string;
  readonly finding: Finding;
  readonly tookMs: number;
}

/** What `runChecks` works with. */
export interface RunOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each check as soon as it ends. */
  readonly onReport: (report: CheckReport) => void;
}

/**
 * Makes one check after another, whatever became of those before: only one that needs another which did not succeed is
 * left out. Never rejects.
 */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<readonly CheckReport[]> {
  const reports: CheckReport[] = [];
  for (const check of checks) {
    const { clock, onReport } = options;
    const startedAtMs = clock.now();
    const missing = check.needs?.find((name) => !hasSucceeded(reports, name));
    const finding = missing === undefined ? await makeCheck(check, options) : skipped(`needs "${missing}"`);
    const report = { name: check.name, finding, tookMs: clock.now() - startedAtMs };
    reports.push(report);
    onReport(report);
  }
  return reports;
}

function hasSucceeded(reports: readonly CheckReport[], name: string): boolean {
  const status = reports.find((report) => report.name === name)?.finding.status;
  return status === 'pass' || status === 'warn';
}

/** The check's own time is over. */
class LateError extends Error {
  override readonly name = 'LateError';
}

async function makeCheck({ name, limitMs, lateFix, run }: Check, { clock, log }: RunOptions): Promise<Finding> {
  const abort = new AbortController();
  try {
    return await withDeadline({ clock, limitMs, late: () => new LateError() }, () => run(abort.signal));
  } catch (err) {
    if (err instanceof LateError) return fail(`no end within ${limitMs / 1000} seconds`, lateFix);
    log.error({ err, check: name }, 'a check broke');
    const reason = err instanceof Error ? err.message : String(err);
    return fail(
      `the check itself broke: ${reason}`,
      'Run it with LOG_LEVEL=debug in front, and report what it writes.',
    );
  } finally {
    abort.abort();
  }
}
