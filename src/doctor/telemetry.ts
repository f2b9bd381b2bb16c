import { ingestionEndpointOf, instrumentationKeyOf, type TelemetrySettings } from '../config/telemetry-settings.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import { type CheckContext, type Finding, fail, pass, skipped, warn } from './check.ts';
import { unreachableFinding } from './connectivity.ts';
import { entraFailure } from './entra-failure.ts';
import { describeToken } from './token-claims.ts';

const VARIABLE = 'APPLICATIONINSIGHTS_CONNECTION_STRING';
/** The metric that is sent. */
const DOCTOR_METRIC = 'voice_bot.doctor';
const MAX_REASON_CHARS = 1_000;
const ROLE =
  'the role "Monitoring Metrics Publisher" on the Application Insights resource (it takes a few minutes to take effect)';

/** Sends one metric, 1, as the bot does. */
export async function checkTelemetry(
  { config: { telemetry }, tokens, clock, installation }: CheckContext,
  signal: AbortSignal,
): Promise<Finding> {
  if (telemetry === undefined) return skipped(`${VARIABLE} is not set`);
  const { connectionString, entraScope } = telemetry;
  const address = ingestionEndpointOf(connectionString);
  let token: string | undefined;
  try {
    token = entraScope && (await tokens(entraScope)());
  } catch (error) {
    const fix = 'Run "az login", or give the host a managed identity (with AZURE_CLIENT_ID).';
    return fail(`Entra ID gave no token for ${entraScope}: ${entraFailure(error)}`, fix);
  }
  const startedAtMs = clock.now();
  try {
    const { status, itemsAccepted, reason } = await send(telemetry, token, startedAtMs, signal);
    if (status === 200 && itemsAccepted === 1)
      return pass(`${address.host}: accepted a metric in ${clock.now() - startedAtMs} ms`);
    return toFinding(status, reason, address.host, token && describeToken(token, startedAtMs));
  } catch (error) {
    return unreachableFinding(error, address, VARIABLE, installation);
  }
}

/** `identity` is the owner of the sent token; `undefined` if the connection string's key was used. */
function toFinding(status: number, reason: string | undefined, host: string, identity: string | undefined): Finding {
  const message = `${host} answered a metric with ${status}`;
  if (status === 401 || status === 403)
    return identity === undefined
      ? fail(
          `${message}: the key in ${VARIABLE} is not sufficient`,
          `Set APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD, and give the bot's identity ${ROLE}.`,
        )
      : fail(`${message}: the identity may not send metrics: ${identity}`, `Give that identity ${ROLE}.`);
  if (status === 200 || status === 206 || status === 400)
    return fail(
      `${message}: ${reason ?? 'no reason given'}`,
      `Check ${VARIABLE}: key and address must belong to the same resource, as shown in its overview in the portal.`,
    );
  return warn(
    `${message}: it is unclear whether it accepts metrics`,
    'Run this again later; if it persists, check the resource and its daily cap in the portal.',
  );
}

/** Sends in the form of `@azure/monitor-opentelemetry-exporter`, but follows no redirects. */
async function send(
  { connectionString }: TelemetrySettings,
  token: string | undefined,
  nowMs: number,
  signal: AbortSignal,
) {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json' });
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const metric = { name: DOCTOR_METRIC, kind: 'Aggregation', value: 1, count: 1 };
  const envelope = {
    ver: 1,
    name: 'Microsoft.ApplicationInsights.Metric',
    time: new Date(nowMs).toISOString(),
    sampleRate: 100,
    iKey: instrumentationKeyOf(connectionString),
    tags: {},
    data: { baseType: 'MetricData', baseData: { ver: 2, metrics: [metric], properties: {} } },
  };
  const address = new URL('v2.1/track', `${ingestionEndpointOf(connectionString).href.replace(/\/+$/, '')}/`);
  const body = JSON.stringify([envelope]);
  const response = await fetch(address, { method: 'POST', headers, body, redirect: 'manual', signal });
  const { itemsAccepted, errors } = fieldsOf(await response.json().catch(() => undefined));
  const [first] = Array.isArray(errors) ? errors : [];
  return { status: response.status, itemsAccepted, reason: textOf(fieldsOf(first)['message'], MAX_REASON_CHARS) };
}
