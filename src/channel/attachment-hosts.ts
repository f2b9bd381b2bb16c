import type { HostRule } from '../attachments/allowed-hosts.ts';

/** Pictures come from Teams itself, files from SharePoint. Anybody can own another name below trafficmanager.net. */
export const TEAMS_HOSTS: readonly HostRule[] = [
  { host: 'smba.trafficmanager.net' },
  { host: 'smba.infra.gcc.teams.microsoft.com' },
  { host: 'smba.infra.gov.teams.microsoft.us' },
  { host: 'smba.infra.dod.teams.microsoft.us' },
  { host: '*.sharepoint.com' },
  { host: '*.sharepoint.us' },
  { host: '*.sharepoint-mil.us' },
  { host: '*.svc.ms' },
];
/** Direct Line and Web Chat hand files on by addresses that hold their own key. */
export const DIRECT_LINE_HOSTS: readonly HostRule[] = [
  { host: 'directline.botframework.com', retriesNotFound: true },
  { host: '*.directline.botframework.com', retriesNotFound: true },
  { host: 'webchat.botframework.com', retriesNotFound: true },
];
