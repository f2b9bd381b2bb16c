import type { Logger } from '../log.ts';

/** A policy of `@azure/core-rest-pipeline`. */
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
 * Logs once when telemetry cannot be sent, and once when it can be again. The library drops it silently, and alerts on
 * it never fire.
 */
export class SendingWatch {
  readonly #log: Logger;
  #isFailing = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Settles like `tokenOf`. */
  async token(tokenOf: () => Promise<string>): Promise<string> {
    try {
      return await tokenOf();
    } catch (err) {
      this.#failed({ err }, "no access token: check the bot's managed identity");
      throw err;
    }
  }

  /** Observes each request. */
  policy(): Policy {
    return {
      name: 'voiceBotSendingWatch',
      sendRequest: async (request, next) => {
        try {
          const response = await next(request);
          this.#answered(response.status);
          return response;
        } catch (err) {
          this.#failed({ err }, 'check that the ingestion endpoint can be reached from here');
          throw err;
        }
      },
    };
  }

  #answered(status: number): void {
    if (REDIRECTS.includes(status)) return;
    if (status === 401 || status === 403) this.#failed({ status }, `give the bot's identity ${ROLE}`);
    else if (status >= 300) this.#failed({ status }, 'if it lasts, check the connection string and the daily cap');
    else {
      if (this.#isFailing) this.#log.info('telemetry accepted again');
      this.#isFailing = false;
    }
  }

  #failed(fields: object, fix: string): void {
    if (!this.#isFailing) this.#log.warn({ ...fields, fix }, 'telemetry not accepted: alerts on it are silent');
    this.#isFailing = true;
  }
}
