import type { Conversation } from './conversation.ts';
import { newId } from './events.ts';
import { ActiveResponse } from './response.ts';
import type { ResponseRequest } from './response-request.ts';
import { Rejection } from './wire-errors.ts';

/**
 * The active responses of a session. At most one writes to the conversation; any number run out of band.
 */
export class Responses {
  readonly #conversation: Conversation;
  readonly #conversationId = newId('conv');
  readonly #active = new Set<ActiveResponse>();

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Throws a Rejection if another response writes to the conversation. */
  begin(request: ResponseRequest): ActiveResponse {
    const current = this.#inConversation();
    if (!request.outOfBand && current !== undefined) {
      const message = `Conversation already has an active response in progress: ${current.id}. Wait until the response is finished before creating a new one.`;
      throw new Rejection(message, { code: 'conversation_already_has_active_response' });
    }
    const response = new ActiveResponse(request, this.#conversation, this.#conversationId);
    this.#active.add(response);
    return response;
  }

  end(response: ActiveResponse): void {
    this.#active.delete(response);
  }

  /** Default: the response that writes to the conversation. Throws a Rejection if it is not active. */
  cancel(responseId: string | undefined): void {
    const active = [...this.#active].find(({ id }) => id === responseId);
    const response = responseId === undefined ? this.#inConversation() : active;
    if (response === undefined || response.signal.aborted) {
      throw new Rejection('Cancellation failed: no active response found', { code: 'response_cancel_not_active' });
    }
    response.stop('cancelled');
  }

  /** Called when the client has disconnected. */
  stopAll(): void {
    for (const response of this.#active) response.stop('closed');
  }

  #inConversation(): ActiveResponse | undefined {
    return [...this.#active].find(({ request }) => !request.outOfBand);
  }
}
