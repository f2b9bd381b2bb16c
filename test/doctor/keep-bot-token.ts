import { cacheOutboundToken } from '../support/openid-server.ts';

// Loaded before the doctor, because no local server can issue the bot's own token.
cacheOutboundToken(process.env['MicrosoftAppId'] ?? '', process.env['TEST_BOT_TOKEN'] ?? '');
