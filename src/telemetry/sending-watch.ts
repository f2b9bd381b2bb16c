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
const ROLE = 'the role "Monitoring Metrics Publisher" on the Application Insights resource; it takes minutes to work';

/**
 * Says in the log when telemetry cannot be sent, once, and when it can be again: the library itself drops it without a
 * word, and then no alert on it ever fires.
 */
export class SendingWatch {
  readonly #log: Logger;
  #isFailing = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Settles like `tokenOf`, which gives an access token: without one nothing is sent. */
  async token(tokenOf: () => Promise<string>): Promise<string> {
    try {
      return await tokenOf();
    } catch (err) {
      this.#failed({ err }, "no access token could be had: look at the bot's managed identity");
      throw err;
    }
  }

  /** Sees each request and its answer. */
  policy(): Policy {
    return {
      name: 'voiceBotSendingWatch',
      sendRequest: async (request, next) => {
        try {
          const response = await next(request);
          this.#answered(response.status);
          return response;
        } catch (err) {
          this.#failed({ err }, 'look whether the ingestion endpoint can be reached from here');
          throw err;
        }
      },
    };
  }

  #answered(status: number): void {
    if (REDIRECTS.includes(status)) return;
    if (status === 401 || status === 403) this.#failed({ status }, `give the bot's identity ${ROLE}`);
    else if (status >= 300) this.#failed({ status }, 'if it lasts, look at the connection string and at the daily cap');
    else {
      if (this.#isFailing) this.#log.info('telemetry is taken again');
      this.#isFailing = false;
    }
  }

  #failed(fields: object, fix: string): void {
    if (!this.#isFailing) this.#log.warn({ ...fields, fix }, 'telemetry is not taken: alerts on it are silent');
    this.#isFailing = true;
  }
}
