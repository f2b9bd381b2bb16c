import type { Conversation } from './conversation.ts';
import { newId } from './events.ts';
import { ActiveResponse } from './response.ts';
import type { ResponseRequest } from './response-request.ts';
import { Rejection } from './wire-errors.ts';

/**
 * The responses of a session that are being played. At most one writes to the conversation; any number run out of band.
 */
export class Responses {
  readonly #conversation: Conversation;
  readonly #conversationId = newId('conv');
  readonly #active = new Set<ActiveResponse>();

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Takes the conversation for a response, or refuses it while another has it. */
  begin(request: ResponseRequest): ActiveResponse {
    const writing = this.#writing();
    if (!request.outOfBand && writing !== undefined) {
      const message = `Conversation already has an active response in progress: ${writing.id}. Wait until the response is finished before creating a new one.`;
      throw new Rejection(message, { code: 'conversation_already_has_active_response' });
    }
    const response = new ActiveResponse(request, this.#conversation, this.#conversationId);
    this.#active.add(response);
    return response;
  }

  end(response: ActiveResponse): void {
    this.#active.delete(response);
  }

  /** Without an id it is the one that writes to the conversation. */
  cancel(responseId: string | undefined): void {
    const active = [...this.#active].find(({ id }) => id === responseId);
    const response = responseId === undefined ? this.#writing() : active;
    if (response === undefined || response.signal.aborted) {
      throw new Rejection('Cancellation failed: no active response found', { code: 'response_cancel_not_active' });
    }
    response.stop('cancelled');
  }

  /** The client is gone. */
  stopAll(): void {
    for (const response of this.#active) response.stop('closed');
  }

  #writing(): ActiveResponse | undefined {
    return [...this.#active].find(({ request }) => !request.outOfBand);
  }
}
