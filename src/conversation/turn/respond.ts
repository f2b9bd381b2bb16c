import type { TurnInput } from '../../realtime/session.ts';
import type { Allowance, CostRequest } from '../limits/spending.ts';
import type { TurnJob } from '../queue/turn-queue.ts';
import type { ReplySink } from '../reply.ts';
import type { Services } from '../services.ts';
import { generateResponse } from './generate-response.ts';
import { type Prompt, textsOf } from './prompt.ts';
import { streamReply } from './stream-reply.ts';
import type { TurnContext } from './turn-context.ts';
import type { Response } from './turn-result.ts';

/** What the limits of spending have to know. */
export function costsOf(prompt: Prompt, { id: jobId, message }: TurnJob): CostRequest {
  const { settings, context, soundMs, pictures } = prompt;
  const text = () => textsOf(prompt);
  return { jobId, conversation: message.key, person: message.personKey, settings, context, text, soundMs, pictures };
}

/**
 * Asks the model, and shows the text of its answer while it is made. Never rejects: every end is an outcome. `lastTurn`:
 * what a warm session has to have heard; `signal` ends it early, with a TurnError as its reason.
 */
export async function respond(
  prompt: Prompt,
  allowance: Allowance,
  lastTurn: string | undefined,
  signal: AbortSignal,
  sink: ReplySink,
  turn: TurnContext,
  services: Services,
): Promise<Response> {
  const { message, log, telemetry, job } = turn;
  const { clock, sessions, spending, turnTimeoutMs: timeoutMs } = services;
  const { settings, about, text, parts } = prompt;
  const turnId = job.id;
  const stream = streamReply(sink, { message, turnId, parts, settings, telemetry, clock });
  const input: TurnInput = {
    turnId,
    about,
    settings,
    log,
    text,
    attached: parts,
    onEvent: stream.onEvent,
    mayAskAgain: () => allowance.mayAskAgain(),
    get history() {
      return prompt.history();
    },
  };
  const request = { key: message.key, lastTurn, input, log, signal, timeoutMs, telemetry };
  const model = await generateResponse(request, services);
  // What its session holds is not known; of a new one it is.
  if (model.hasUntoldUsage && spending.isBounded) sessions.drop(message.key);
  return { model, shownHeading: stream.heading(), costUsd: allowance.costOf(model) };
}
