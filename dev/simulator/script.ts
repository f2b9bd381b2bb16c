import type { Responder, ResponderContext, ScriptedResponse } from './responder.ts';

/** One scripted turn: a text alone is a completed response with that text. */
export type ScriptedTurn = ScriptedResponse | string | ((context: ResponderContext) => ScriptedResponse | string);

/** A responder for tests that answers from a list, one turn for each `response.create`. */
export interface Script {
  readonly responder: Responder;
  /** The contexts of all responses so far, oldest first. */
  readonly contexts: readonly ResponderContext[];
  /** Throws if turns are left over, or if more responses were requested than scripted. */
  assertConsumed(): void;
}

const EXHAUSTED: ScriptedResponse = {
  outputs: [],
  ending: {
    kind: 'failed',
    error: { type: 'server_error', code: 'script_exhausted', message: 'The script has no further turn.' },
  },
};

/** A response beyond the last turn fails with `script_exhausted`, and `assertConsumed` then throws. */
export function scripted(turns: readonly ScriptedTurn[]): Script {
  const contexts: ResponderContext[] = [];
  return {
    contexts,
    responder(context) {
      const turn = turns[contexts.length];
      contexts.push(context);
      return turn === undefined ? EXHAUSTED : responseOf(turn, context);
    },
    assertConsumed() {
      if (contexts.length === turns.length) return;
      const texts = contexts.map(({ text }) => JSON.stringify(text)).join(', ');
      throw new Error(`The script has ${turns.length} turns, ${contexts.length} were asked for: ${texts || 'none'}.`);
    },
  };
}

function responseOf(turn: ScriptedTurn, context: ResponderContext): ScriptedResponse {
  const result = typeof turn === 'function' ? turn(context) : turn;
  return typeof result === 'string' ? { outputs: [{ text: result }], ending: { kind: 'completed' } } : result;
}
