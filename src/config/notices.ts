import { costUsd, maxUsageOf, pricesOf } from '../prices.ts';
import { NO_CONTEXT } from '../token-usage.ts';
import type { EnvReader } from './env.ts';
import type { LimitSettings } from './limit-settings.ts';
import type { ModelEndpoint, SessionSettings } from './model-settings.ts';

/** The settings with which the variables are compared. */
interface ReadSettings {
  readonly publicBaseUrl: string | undefined;
  readonly limits: LimitSettings;
  readonly session: SessionSettings;
  readonly model: ModelEndpoint;
}

/** Warns the operator about valid settings that are probably a mistake. */
export function noticesOf(reader: EnvReader, settings: ReadSettings): readonly string[] {
  const isSet = (name: string) => reader.text(name) !== undefined;
  const hasAppId = isSet('MicrosoftAppId');
  const isReachable = settings.publicBaseUrl?.startsWith('https:') === true;
  const hasSecret = isSet('MicrosoftAppPassword') || isSet('CertificateThumbprint');
  const isManaged = reader.text('MicrosoftAppType')?.toLowerCase() === 'userassignedmsi';
  const notices: readonly (readonly [applies: boolean, notice: string])[] = [
    [
      hasAppId && !isReachable,
      'PUBLIC_BASE_URL is not set or not an https address: Teams and other channels get answers without audio',
    ],
    [
      hasAppId && !isSet('MicrosoftAppType') && isSet('MicrosoftAppTenantId'),
      'MicrosoftAppType is not set but MicrosoftAppTenantId is: SingleTenant is assumed',
    ],
    [
      !hasAppId && (isSet('ALLOWED_TENANTS') || isSet('ALLOWED_USERS')),
      'ALLOWED_TENANTS or ALLOWED_USERS is set without MicrosoftAppId: the bot refuses everyone',
    ],
    [
      /[^\s,]@[^\s,]/.test(reader.text('ALLOWED_USERS') ?? ''),
      'ALLOWED_USERS contains an email address; expected Entra ID object ids, as "az ad user show --id <address> --query id" prints them',
    ],
    [
      isSet('AZURE_STORAGE_BLOB_URL') && !isSet('DATABASE_URL'),
      'AZURE_STORAGE_BLOB_URL is set without DATABASE_URL: only reply audio is stored; conversations, waiting messages and budgets are lost at a restart',
    ],
    [
      hasAppId && !hasSecret && !isManaged,
      'MicrosoftAppId is set without MicrosoftAppPassword or a certificate: replies cannot be sent',
    ],
  ];
  return [...notices.filter(([applies]) => applies).map(([, notice]) => notice), ...budgetNotices(settings)];
}

/**
 * Warns about budgets that refuse every message, since they are smaller than one turn, and about pictures without a
 * price.
 */
function budgetNotices({ limits, session, model: { model } }: ReadSettings): readonly string[] {
  const { instructions, maxOutputTokens } = session;
  const prices = pricesOf(limits.prices, model);
  if (prices === undefined) return [];
  const smallest = maxUsageOf({
    context: NO_CONTEXT,
    texts: [instructions],
    audioMs: 0,
    pictures: 0,
    toolBytes: 0,
    maxOutputTokens,
  });
  const neededUsd = costUsd(smallest, prices);
  const cost = `about ${Number(neededUsd.toPrecision(2))} US dollars with REALTIME_MAX_OUTPUT_TOKENS ${maxOutputTokens}`;
  const budgets = [
    ['DAILY_BUDGET_USD', limits.dayUsd],
    ['PERSON_DAILY_BUDGET_USD', limits.personUsd],
    ['CONVERSATION_BUDGET_USD', limits.conversationUsd],
  ] as const;
  const set = budgets.filter(([, usd]) => usd !== undefined);
  const tooSmall = set.filter(([, usd = 0]) => usd < neededUsd);
  return [
    ...(set.length > 0 && prices.image.in === 0
      ? [`PRICE_TABLE has no "image" prices for "${model}": pictures cost nothing in the budgets`]
      : []),
    ...tooSmall.map(
      ([name]) =>
        `${name} is less than one turn may cost (${cost}): every message is refused; raise it, or lower REALTIME_MAX_OUTPUT_TOKENS`,
    ),
  ];
}
