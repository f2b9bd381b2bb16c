import type { HostRule } from '../config/allowed-hosts.ts';

/** A host of the channel itself: it may refuse a picture that was pasted a moment ago. */
const own = (host: string): HostRule => ({ host, retriesRefused: true });
/** A host of people's own files. */
const ofPeople = (host: string): HostRule => ({ host, wantsSignIn: true });

/**
 * Pictures come from Teams itself, in each of Microsoft's clouds, files from SharePoint. Anybody can own another name
 * below trafficmanager.net. Not here, since a bot's token opens nothing there: asm.skype.com,
 * asyncgw.teams.microsoft.com and statics.teams.cdn.office.net.
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
 * Direct Line and Web Chat hand files on by addresses that hold their own key, in regions of their own and in the
 * clouds of the United States and of China. Not here: the accounts bcdirectline….blob.core.windows.net of replayed
 * histories, whose like anybody can open.
 */
export const DIRECT_LINE_HOSTS: readonly HostRule[] = [
  own('directline.botframework.com'),
  own('*.directline.botframework.com'),
  own('webchat.botframework.com'),
  own('*.webchat.botframework.com'),
  own('*.botframework.azure.us'),
  own('*.botframework.azure.cn'),
];
