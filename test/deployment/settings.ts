import { type Deployment, theOne } from './deployment.ts';

/** The site's configuration besides its settings. */
export interface SiteConfig {
  readonly linuxFxVersion: string;
  readonly appCommandLine: string;
  readonly healthCheckPath: string;
  readonly alwaysOn: boolean;
  readonly http20Enabled: boolean;
  readonly webSocketsEnabled: boolean;
  readonly appSettings: readonly { readonly name: string; readonly value: string }[];
}

/** The configuration of the deployed site. */
export function siteConfigOf(deployment: Deployment): SiteConfig {
  const { properties } = theOne(deployment, 'Microsoft.Web/sites').resource as unknown as {
    properties: { siteConfig: SiteConfig };
  };
  return properties.siteConfig;
}

/** Its settings: the bot's environment without the platform's own variables. Throws if a name occurs twice. */
export function settingsOf(deployment: Deployment): Readonly<Record<string, string>> {
  const { appSettings } = siteConfigOf(deployment);
  const settings = Object.fromEntries(appSettings.map(({ name, value }) => [name, value]));
  if (Object.keys(settings).length !== appSettings.length) throw new Error('a setting is there twice');
  return settings;
}

/**
 * The environment that the platform makes of the settings:
 * https://learn.microsoft.com/azure/app-service/reference-app-settings
 */
export function environmentOf(deployment: Deployment): Readonly<Record<string, string>> {
  const { name } = theOne(deployment, 'Microsoft.Web/sites').resource;
  return {
    PORT: '8080',
    WEBSITE_SITE_NAME: name,
    WEBSITE_HOSTNAME: `${name}.azurewebsites.net`,
    ...settingsOf(deployment),
  };
}
