import { type Clock, within } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type Check, type Finding, fail, skipped } from './check.ts';

/** A check that has ended. */
export interface CheckReport {
  readonly name: string;
  readonly finding: Finding;
  readonly tookMs: number;
}

const DEFAULT_LIMIT_MS = 10_000;
const LATE_FIX = 'See that a firewall, a private endpoint or a proxy lets this machine through, then run this again.';

/** Runs the checks one after another and passes each report to `onReport`. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  clock: Clock,
  log: Logger,
  onReport: (report: CheckReport) => void,
): Promise<void> {
  const succeeded = new Set<string>();
  for (const check of checks) {
    const startedAtMs = clock.now();
    const missing = check.needs?.find((name) => !succeeded.has(name));
    const finding = missing === undefined ? await runCheck(check, clock, log) : skipped(`needs "${missing}"`);
    if (finding.status === 'pass' || finding.status === 'warn') succeeded.add(check.name);
    onReport({ name: check.name, finding, tookMs: clock.now() - startedAtMs });
  }
}

class LateError extends Error {
  override readonly name = 'LateError';
}

async function runCheck(
  { name, limitMs = DEFAULT_LIMIT_MS, lateFix = LATE_FIX, run }: Check,
  clock: Clock,
  log: Logger,
): Promise<Finding> {
  const abort = new AbortController();
  try {
    return await within(clock, limitMs, run(abort.signal), () => new LateError());
  } catch (err) {
    if (err instanceof LateError) return fail(`no end within ${limitMs / 1000} seconds`, lateFix);
    log.error({ err, check: name }, 'check broke');
    const reason = err instanceof Error ? err.message : String(err);
    return fail(
      `the check itself broke: ${reason}`,
      'Run it with LOG_LEVEL=debug in front, and report what it writes.',
    );
  } finally {
    abort.abort();
  }
}
