import type { Phase } from './items.ts';
import type { ScriptedCall, ScriptedItem, ScriptedMessage } from './responder.ts';

/** Outputs whose items are open at the same time: a message and the calls right after it, or calls alone. */
export interface OutputGroup {
  readonly message: ScriptedMessage | undefined;
  readonly calls: readonly ScriptedCall[];
  /** The phase of the message: commentary if a call of the response follows it. */
  readonly phase: Phase;
}

export function groupsOf(outputs: readonly ScriptedItem[]): readonly OutputGroup[] {
  const lastCall = outputs.findLastIndex(isCall);
  const groups: OutputGroup[] = [];
  for (const [index, output] of outputs.entries()) {
    const phase = index < lastCall ? 'commentary' : 'final_answer';
    const group = groups.at(-1);
    if (!isCall(output)) groups.push({ message: output, calls: [], phase });
    else if (group === undefined) groups.push({ message: undefined, calls: [output], phase });
    else groups[groups.length - 1] = { ...group, calls: [...group.calls, output] };
  }
  return groups;
}

export function isCall(output: ScriptedItem): output is ScriptedCall {
  return 'call' in output;
}
