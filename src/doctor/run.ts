import { withDeadline } from '../deadline.ts';
import { type Check, type CheckContext, type Finding, fail, skipped } from './check.ts';

/** A check that has ended. */
export interface CheckReport {
  readonly name: string;
  readonly finding: Finding;
  readonly tookMs: number;
}

const DEFAULT_LIMIT_MS = 30_000;
const LATE_FIX =
  'Check that firewalls, private endpoints and proxies let this machine through; if it persists, check the status of the service.';

/** Runs the checks one after another and passes each report to `onReport`. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
  onReport: (report: CheckReport) => void,
): Promise<void> {
  const succeeded = new Set<string>();
  for (const check of checks) {
    const startedAtMs = context.clock.now();
    const missing = check.needs?.find((name) => !succeeded.has(name));
    const finding = missing === undefined ? await runCheck(check, context) : skipped(`needs "${missing}"`);
    if (finding.status === 'pass' || finding.status === 'warn') succeeded.add(check.name);
    onReport({ name: check.name, finding, tookMs: context.clock.now() - startedAtMs });
  }
}

class LateError extends Error {}

async function runCheck(check: Check, context: CheckContext): Promise<Finding> {
  const { name, limitMs = DEFAULT_LIMIT_MS, lateFix = LATE_FIX } = check;
  const deadline = { clock: context.clock, limitMs, late: () => new LateError() };
  try {
    return await withDeadline(deadline, async (signal) => check.run(context, signal));
  } catch (err) {
    if (err instanceof LateError) return fail(`timed out after ${limitMs / 1000} seconds`, lateFix);
    context.log.error({ err, check: name }, 'check ended unexpectedly');
    const reason = err instanceof Error ? err.message : String(err);
    return fail(`the check itself failed: ${reason}`, 'Run it again with LOG_LEVEL=debug, and report what it prints.');
  }
}
