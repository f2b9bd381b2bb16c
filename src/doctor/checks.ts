import type { Check, DoctorDeps } from './check.ts';
import { databaseCheck } from './database.ts';
import { environmentChecks } from './environment.ts';
import { identityCheck } from './identity.ts';
import { modelAccess } from './model-access.ts';
import { ModelTrial } from './model-trial.ts';
import { modelTurns } from './model-turns.ts';
import { publicAddressChecks } from './public-address.ts';
import { storageChecks } from './storage.ts';
import { teamsPackageCheck } from './teams-package.ts';
import { telemetryCheck } from './telemetry.ts';

/** All checks, in their order. */
export interface CheckSuite {
  readonly checks: readonly Check[];
  /** Ends what is still open. Safe to call twice. */
  close(): void;
}

/** What the doctor looks at. Nothing is sent before a check is run. */
export function createCheckSuite(deps: DoctorDeps): CheckSuite {
  const known = { ...deps, tokens: onceForEachScope(deps.tokens) };
  const trial = new ModelTrial(known);
  const checks = [
    ...environmentChecks(known),
    ...modelAccess(known, trial),
    ...modelTurns(known, trial),
    databaseCheck(known),
    ...storageChecks(known),
    identityCheck(known),
    ...publicAddressChecks(known),
    telemetryCheck(known),
    teamsPackageCheck(known),
  ];
  return { checks, close: () => trial.close() };
}

/** A source of tokens keeps what it got: the time of a connect is then without that of its token. */
function onceForEachScope(tokens: DoctorDeps['tokens']): DoctorDeps['tokens'] {
  const known = new Map<string, ReturnType<DoctorDeps['tokens']>>();
  return (scope) => {
    const provider = known.get(scope) ?? tokens(scope);
    known.set(scope, provider);
    return provider;
  };
}
