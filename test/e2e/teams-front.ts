import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../support/certificate.ts';

/** The host names of Teams and of the bot, as in production. */
export const TEAMS_HOST = 'teams.microsoft.com';
export const BOT_HOST = 'bot.example';
const HOSTS_LIST = 'res.cdn.office.net';

/** A page that acts as Teams with a dialog: it answers the messages of the page inside, and records their names. */
const hostPage = (path: string) => `<!doctype html><html lang="en"><title>Host</title>
<iframe width="420" height="520" src="https://${BOT_HOST}${path}" allow="microphone"></iframe>
<script>
  const calls = [];
  const waiting = [];
  const whenCalled = (func) => new Promise((resolve) => waiting.push({ func, resolve }));
  const answers = {
    initialize: ['task', 'web', JSON.stringify({ apiVersion: 4, isLegacyTeams: false, supports: { dialog: { url: {} } } }), '2.0.0'],
    getContext: [{ theme: 'dark' }],
  };
  addEventListener('message', ({ data, source, origin }) => {
    const { id, uuidAsString, func } = data;
    calls.push(func);
    for (const each of waiting) if (each.func === func) each.resolve();
    if (func in answers) source.postMessage({ id, uuidAsString, args: answers[func] }, origin);
  });
</script>`;

/** Teams and the bot behind TLS, for a browser started with `browserArgs`. */
export interface TeamsFront {
  readonly browserArgs: readonly string[];
  /** The address of a page of Teams that shows the page of the bot at this path in a dialog. */
  dialogOf(path: string): string;
  close(): Promise<void>;
}

/** A real server: interception in the browser does not reach workers. */
export async function startTeamsFront(botUrl: string, certificate: Certificate): Promise<TeamsFront> {
  const server = createServer(certificate, (request, response) => {
    const { method, headers, url = '' } = request;
    switch (headers.host) {
      case TEAMS_HOST:
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(hostPage(decodeURIComponent(url.slice(1))));
        return;
      case HOSTS_LIST:
        response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
        response.end(JSON.stringify({ validOrigins: [TEAMS_HOST] }));
        return;
      default:
        request.pipe(
          // As tunnels do: without an app id the bot accepts no other host name.
          forward(new URL(url, botUrl), { method, headers: { ...headers, host: new URL(botUrl).host } }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          }),
        );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const rules = [TEAMS_HOST, BOT_HOST, HOSTS_LIST].map((name) => `MAP ${name} 127.0.0.1:${port}`).join(',');
  return {
    browserArgs: [`--host-resolver-rules=${rules}`],
    dialogOf: (path) => `https://${TEAMS_HOST}/${encodeURIComponent(path)}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
