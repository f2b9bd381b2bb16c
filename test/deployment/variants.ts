import { CLIENT_ID } from './deployment.ts';
import { TENANT } from './functions.ts';
import type { Json, Template } from './template.ts';

/** Parameter values that together take each branch of a template's conditions. */
export type Variant = Readonly<Record<string, Json>>;

export const GROUP_ID = '55555555-5555-4555-8555-555555555555';

/** For azuredeploy.json: the defaults, everything the other way, and each kind of database. */
export const WHOLE_VARIANTS: Readonly<Record<string, Variant>> = {
  'by default': {},
  'with more of everything': {
    baseName: 'abcdefghijklmnopqrstuvwx',
    planSku: 'P0v3',
    instances: 2,
    maxInstances: 5,
    database: 'generalPurpose',
    databaseLocation: 'northeurope',
    databaseVersion: '18',
    databaseStorageGb: 128,
    databaseBackupDays: 35,
    databaseSchema: 'second_bot',
    databaseName: 'bots',
    databaseFirewall: 'siteAddresses',
    databaseAdminGroupId: GROUP_ID,
    databaseAdminGroupName: 'Voice bot operators',
    dispatch: false,
    audioInBlobStorage: true,
    audioStoreMb: 16_384,
    existingAiEndpoint: 'https://other.openai.azure.com/',
    alertEmail: 'operator@example.com',
    allowedTenants: '',
    allowedUsers: `${CLIENT_ID},29:abc`,
    instructions: 'You answer in rhymes.',
    voice: 'marin',
    maxTurnsPerMinute: '10',
    dailyBudgetUsd: '5',
    personDailyBudgetUsd: '1',
    conversationBudgetUsd: '0.50',
    audioRetentionHours: 8760,
    recordRetentionDays: 3650,
    drainSeconds: 90,
  },
  'without a database': { database: 'none', planSku: 'P0v3', instances: 2 },
  'with a database that is there': {
    database: 'existing',
    existingDatabaseHost: 'shared.postgres.database.azure.com',
    databaseSchema: 'second_bot',
  },
};

/** For azurebot.json, which requires three values. */
export const BOT_VARIANTS: Readonly<Record<string, Variant>> = {
  'with what it asks for': { botName: 'my-bot', appId: CLIENT_ID, endpoint: 'https://x.devtunnels.ms/api/messages' },
  'with all that it takes': {
    botName: 'my-bot',
    displayName: 'My bot',
    appId: CLIENT_ID,
    tenantId: TENANT,
    endpoint: 'https://x.devtunnels.ms/api/messages',
    sku: 'S1',
  },
};

/** The templates with their variants, by file. */
export const TEMPLATES = { 'azuredeploy.json': WHOLE_VARIANTS, 'azurebot.json': BOT_VARIANTS } as const;

/** Parameter types with other names in JavaScript. */
const TYPES: Readonly<Record<string, string>> = { int: 'number', bool: 'boolean' };

/** The problems of values for a template's parameters. */
export function valueProblems({ parameters }: Template, given: Variant): readonly string[] {
  const unknown = Object.keys(given).filter((name) => parameters[name] === undefined);
  const problems = unknown.map((name) => `${name} is no parameter`);
  for (const [name, declared] of Object.entries(parameters)) {
    const value = given[name];
    if (value === undefined && declared.defaultValue === undefined) problems.push(`${name} has no value`);
    if (value === undefined) continue;
    const size = typeof value === 'string' ? value.length : value;
    const [least, most] = [declared.minLength ?? declared.minValue, declared.maxLength ?? declared.maxValue];
    if (typeof value !== (TYPES[declared.type] ?? declared.type)) problems.push(`${name} has another type`);
    if (declared.allowedValues?.includes(value) === false) problems.push(`${name} may not be ${value}`);
    if (typeof size === 'number' && (size < (least ?? size) || size > (most ?? size)))
      problems.push(`${name} is out of its bounds`);
  }
  return problems;
}
