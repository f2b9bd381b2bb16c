import type { HostRule } from '../config/allowed-hosts.ts';

/** A host of the channel itself, which may refuse a picture for a moment after it was pasted. */
const own = (host: string): HostRule => ({ host, retriesRefused: true });
/** A host of people's own files. */
const ofPeople = (host: string): HostRule => ({ host, wantsSignIn: true });

/**
 * Pictures come from Teams itself, in each of Microsoft's clouds, and files from SharePoint. No wildcard for
 * trafficmanager.net: anybody can register names below it. A bot's token opens nothing at asm.skype.com,
 * asyncgw.teams.microsoft.com and statics.teams.cdn.office.net, so these are not listed.
 */
export const TEAMS_HOSTS: readonly HostRule[] = [
  own('smba.trafficmanager.net'),
  own('smba.infra.gcc.teams.microsoft.com'),
  own('smba.infra.gov.teams.microsoft.us'),
  own('smba.infra.dod.teams.microsoft.us'),
  own('*.botapi.skype.com'),
  ofPeople('*.sharepoint.com'),
  ofPeople('*.sharepoint.us'),
  ofPeople('*.sharepoint-mil.us'),
  ofPeople('*.sharepoint.cn'),
  ofPeople('*.sharepoint.de'),
  ofPeople('*.svc.ms'),
];
/**
 * Direct Line and Web Chat serve files at addresses that hold their own key, in several regions and in the clouds of
 * the United States and of China. The accounts bcdirectline….blob.core.windows.net of replayed histories are not
 * listed: anybody can open an account with a similar name.
 */
export const DIRECT_LINE_HOSTS: readonly HostRule[] = [
  own('directline.botframework.com'),
  own('*.directline.botframework.com'),
  own('webchat.botframework.com'),
  own('*.webchat.botframework.com'),
  own('*.botframework.azure.us'),
  own('*.botframework.azure.cn'),
];
