import type { Logger } from '../log.ts';

/** What is used of a policy of @azure/core-rest-pipeline. */
interface Policy {
  readonly name: string;
  sendRequest<Request, Response extends { readonly status: number }>(
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response>;
}

const REDIRECTS = [307, 308];

/**
 * Says in the log when telemetry cannot be sent, once, and when it can be again: the library itself drops it without a
 * word, and then no alert on it ever fires.
 */
export function sendingPolicy(log: Logger): Policy {
  let isFailing = false;
  const failed = (fields: object, todo: string) => {
    if (!isFailing) log.warn({ ...fields, todo }, 'telemetry is not taken: alerts on it are silent');
    isFailing = true;
  };
  return {
    name: 'voiceBotSendingPolicy',
    async sendRequest(request, next) {
      let status: number | undefined;
      try {
        const response = await next(request);
        status = response.status;
        return response;
      } catch (err) {
        failed({ err }, 'look whether the ingestion endpoint can be reached, and whether the bot gets a token');
        throw err;
      } finally {
        if (status !== undefined && status < 300) {
          if (isFailing) log.info('telemetry is taken again');
          isFailing = false;
        } else if (status !== undefined && !REDIRECTS.includes(status)) failed({ status }, todoFor(status));
      }
    },
  };
}

function todoFor(status: number): string {
  return status === 401 || status === 403
    ? 'give the bot\'s identity the role "Monitoring Metrics Publisher" on the Application Insights resource; it takes minutes to work'
    : 'it is tried again with what comes next; if it lasts, look at the connection string and at the daily cap of the resource';
}
