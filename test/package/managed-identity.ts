import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Env } from '../../src/config/env.ts';

/** App Service's token endpoint for the code that runs in it: HTTP on the same machine. */
export interface ManagedIdentity extends AsyncDisposable {
  /** The address of the endpoint, and the header that it requires. */
  readonly env: Env;
  /** The resources for which tokens were requested. */
  readonly resources: ReadonlySet<string>;
  /** The token for a resource. */
  tokenFor(resource: string): string;
}

const SECRET = 'identity-header-of-the-test';
const LASTS_S = 86_400;

/** Version 2019-08-01: https://learn.microsoft.com/azure/app-service/overview-managed-identity */
export async function startManagedIdentity(clientId: string): Promise<ManagedIdentity> {
  const resources = new Set<string>();
  const tokenFor = (resource: string) => `token-for-${resource}`;
  const server = createServer(({ url = '', headers }, response) => {
    const asked = new URL(url, 'http://identity').searchParams;
    const resource = asked.get('resource') ?? '';
    if (headers['x-identity-header'] !== SECRET || asked.get('client_id') !== clientId) {
      response.writeHead(400);
      response.end();
      return;
    }
    resources.add(resource);
    const expires = Math.floor(Date.now() / 1000) + LASTS_S;
    response.setHeader('Content-Type', 'application/json');
    response.end(
      JSON.stringify({ access_token: tokenFor(resource), expires_on: String(expires), resource, token_type: 'Bearer' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
      IDENTITY_HEADER: SECRET,
      AZURE_CLIENT_ID: clientId,
    },
    resources,
    tokenFor,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
