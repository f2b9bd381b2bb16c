import type { Responder, ResponderContext, ScriptedResponse } from './responder.ts';

/** One scripted turn: a text alone is a completed response with that text. */
export type ScriptedTurn = ScriptedResponse | string | ((context: ResponderContext) => ScriptedResponse | string);

/** A mind for tests that answers from a list, one turn per `response.create`. */
export interface Script {
  readonly responder: Responder;
  /** What the mind was asked, oldest first; it grows while the simulator runs. */
  readonly asked: readonly ResponderContext[];
  /** Throws when turns are left over, or when more were asked for than scripted. */
  assertConsumed(): void;
}

const EXHAUSTED: ScriptedResponse = {
  outputs: [],
  ending: {
    kind: 'failed',
    error: { type: 'server_error', code: 'script_exhausted', message: 'The script has no further turn.' },
  },
};

/** A script of `turns`. A turn asked for beyond it fails with `script_exhausted`, and `assertConsumed` throws then. */
export function scripted(turns: readonly ScriptedTurn[]): Script {
  const asked: ResponderContext[] = [];
  return {
    asked,
    responder(context) {
      const turn = turns[asked.length];
      asked.push(context);
      return turn === undefined ? EXHAUSTED : performanceOf(turn, context);
    },
    assertConsumed() {
      if (asked.length === turns.length) return;
      const texts = asked.map(({ text }) => JSON.stringify(text)).join(', ');
      throw new Error(`The script has ${turns.length} turns, ${asked.length} were asked for: ${texts || 'none'}.`);
    },
  };
}

function performanceOf(turn: ScriptedTurn, context: ResponderContext): ScriptedResponse {
  const given = typeof turn === 'function' ? turn(context) : turn;
  return typeof given === 'string' ? { outputs: [{ text: given }], ending: { kind: 'completed' } } : given;
}
