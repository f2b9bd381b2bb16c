import { ingestionEndpointOf, instrumentationKeyOf, type TelemetrySettings } from '../config/telemetry-settings.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import { MONITOR_SCOPE } from '../telemetry/azure-monitor.ts';
import { DOCTOR_METRIC } from '../telemetry/names.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, skipped, warn } from './check.ts';
import { reach, reachFix, reasonOf } from './connectivity.ts';
import { entraFailure } from './entra-failure.ts';
import { describeToken, tokenClaims } from './token-claims.ts';

type Monitor = Extract<TelemetrySettings, { kind: 'azureMonitor' }>;

const NAME = 'telemetry';
const VARIABLE = 'APPLICATIONINSIGHTS_CONNECTION_STRING';
const NO_TIME_MS = 1_000;
/** A credential chain asks one source after another, some of them programs. */
const LIMIT_MS = 40_000;
const MAX_REASON_CHARS = 1_000;
const ROLE =
  'the role "Monitoring Metrics Publisher" on the Application Insights resource (it takes some minutes to count)';

/** Whether Application Insights takes what the bot sends there: a metric of its own, 1, is sent. */
export function telemetryCheck(deps: DoctorDeps): Check {
  const { telemetry } = deps.config;
  switch (telemetry.kind) {
    case 'none':
      return { name: NAME, limitMs: NO_TIME_MS, lateFix: '', run: async () => skipped(`${VARIABLE} is not set`) };
    case 'azureMonitor': {
      const lateFix = `See that a firewall or a private link lets this machine reach the address in ${VARIABLE}.`;
      return { name: NAME, limitMs: LIMIT_MS, lateFix, run: (signal) => checkMonitor(telemetry, deps, signal) };
    }
  }
}

async function checkMonitor(monitor: Monitor, deps: DoctorDeps, signal: AbortSignal): Promise<Finding> {
  const address = ingestionEndpointOf(monitor.connectionString);
  const reached = await reach(address, VARIABLE, deps, signal);
  if (reached.status !== 'pass') return reached;
  let token: string | undefined;
  try {
    token = monitor.usesEntraId ? await deps.tokens(MONITOR_SCOPE)() : undefined;
  } catch (error) {
    const fix = 'Run "az login", or give the host a managed identity (with AZURE_CLIENT_ID).';
    return fail(`Entra ID gave no token for ${MONITOR_SCOPE}: ${entraFailure(error)}`, fix);
  }
  const startedAtMs = deps.clock.now();
  let answer: Answer;
  try {
    answer = await send(monitor, token, startedAtMs, signal);
  } catch (error) {
    signal.throwIfAborted();
    const code = reasonOf(error);
    const place = { variable: VARIABLE, hostname: address.hostname, installed: deps.installed };
    return fail(`${address.host} does not answer: ${code}`, reachFix(code, place));
  }
  const tookMs = deps.clock.now() - startedAtMs;
  if (answer.status === 200 && answer.accepted === 1)
    return pass(`${reached.said}; took a metric in ${tookMs} ms`, { ...reached.figures, trackMs: tookMs });
  return refused(answer, address, token === undefined ? undefined : describeToken(tokenClaims(token), startedAtMs));
}

/** `identity`: who a token is of; `undefined` where the key was to serve. */
function refused({ status, reason }: Answer, { host }: URL, identity: string | undefined): Finding {
  const said = `${host} answers a metric with ${status}`;
  switch (status) {
    case 401:
    case 403:
      return identity === undefined
        ? fail(
            `${said}: the key in ${VARIABLE} is not enough`,
            `Set APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD, and give the bot's identity ${ROLE}.`,
          )
        : fail(`${said}: the identity may not send there: ${identity}`, `Give that identity ${ROLE}.`);
    case 200:
    case 206:
    case 400:
      return fail(
        `${said}: ${reason ?? 'no reason is given'}`,
        `Check ${VARIABLE}: key and address have to be those of one resource, as its overview in the portal shows them.`,
      );
    default:
      return warn(
        `${said}: it is not known whether it takes what the bot sends`,
        'Run this once more later; if it stays, look at the resource and its daily cap in the portal.',
      );
  }
}

interface Answer {
  readonly status: number;
  /** Of the one that was sent. */
  readonly accepted: unknown;
  readonly reason: string | undefined;
}

/** In the form of `@azure/monitor-opentelemetry-exporter`. That follows redirects inside Azure, this none: one is a warning. */
async function send(
  { connectionString }: Monitor,
  token: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const address = new URL('v2.1/track', `${ingestionEndpointOf(connectionString).href.replace(/\/+$/, '')}/`);
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify([envelope(instrumentationKeyOf(connectionString), nowMs)]),
    redirect: 'manual',
    signal,
  });
  const { itemsAccepted, errors } = fieldsOf(parsed(await response.text()));
  const [first] = Array.isArray(errors) ? errors : [];
  return {
    status: response.status,
    accepted: itemsAccepted,
    reason: textOf(fieldsOf(first)['message'], MAX_REASON_CHARS),
  };
}

function envelope(iKey: string, nowMs: number): object {
  const metric = { name: DOCTOR_METRIC, kind: 'Aggregation', value: 1, count: 1 };
  return {
    ver: 1,
    name: 'Microsoft.ApplicationInsights.Metric',
    time: new Date(nowMs).toISOString(),
    sampleRate: 100,
    iKey,
    tags: {},
    data: { baseType: 'MetricData', baseData: { ver: 2, metrics: [metric], properties: {} } },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
