import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilitiesOf } from '../../src/channel/capabilities.ts';
import { ruleFor } from '../../src/config/allowed-hosts.ts';

const TEAMS = [
  'smba.trafficmanager.net',
  'smba.infra.gcc.teams.microsoft.com',
  'smba.infra.gov.teams.microsoft.us',
  'smba.infra.dod.teams.microsoft.us',
  'df-apis.botapi.skype.com',
];
const SHAREPOINT = [
  'contoso.sharepoint.com',
  'contoso-my.sharepoint.com',
  'contoso.sharepoint.us',
  'contoso.sharepoint-mil.us',
  'contoso.sharepoint.cn',
  'contoso.sharepoint.de',
  'westeurope1-mediap.svc.ms',
];
const DIRECT_LINE = [
  'directline.botframework.com',
  'europe.directline.botframework.com',
  'india.directline.botframework.com',
  'webchat.botframework.com',
  'europe.webchat.botframework.com',
  'directline.botframework.azure.us',
  'webchat.botframework.azure.us',
  'directline.botframework.azure.cn',
];
/** Others can own these hosts, or no token of a bot opens anything there. */
const NEVER = [
  'evil.trafficmanager.net',
  'sharepoint.com',
  'contoso.sharepoint.com.evil.example',
  'evilsharepoint.com',
  'evil.azure.us',
  'botframework.com',
  'evil.botframework.com.evil.example',
  'bcdirectlineevil.blob.core.windows.net',
  'eu-api.asm.skype.com',
  'eu-prod.asyncgw.teams.microsoft.com',
  'statics.teams.cdn.office.net',
  'media4.giphy.com',
  'media.tenor.com',
  'login.microsoftonline.com',
  'localhost',
  '127.0.0.1',
];

describe('the list of file hosts', () => {
  const ruleOf = (channel: string, host: string) => ruleFor(host, capabilitiesOf(channel, 'personal').attachmentHosts);

  it('contains those of Teams, whose service may make a file available a second later', () => {
    for (const host of TEAMS) {
      const rule = ruleOf('msteams', host);
      assert.deepEqual([host, rule?.retriesRefused, rule?.wantsSignIn], [host, true, undefined]);
    }
  });

  it('contains those of SharePoint in each cloud, which require a person to sign in', () => {
    for (const host of SHAREPOINT) {
      const rule = ruleOf('msteams', host);
      assert.deepEqual([host, rule?.retriesRefused, rule?.wantsSignIn], [host, undefined, true]);
    }
  });

  it('contains those of Direct Line in each region and cloud', () => {
    for (const channel of ['directline', 'webchat'])
      for (const host of DIRECT_LINE) assert.ok(ruleOf(channel, host)?.retriesRefused, host);
  });

  it('contains no other host, and no host of another channel', () => {
    for (const channel of ['msteams', 'directline', 'webchat', 'emulator', 'telegram'])
      for (const host of NEVER) assert.equal(ruleOf(channel, host), undefined, `${channel} ${host}`);
    for (const host of [...TEAMS, ...SHAREPOINT]) assert.equal(ruleOf('directline', host), undefined, host);
    for (const host of DIRECT_LINE) assert.equal(ruleOf('msteams', host), undefined, host);
  });
});
