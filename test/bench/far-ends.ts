import { fileURLToPath } from 'node:url';
import type { BareCalls } from './bare-process.ts';
import type { ConnectorCalls } from './connector-process.ts';
import type { ModelCalls, ServedTurn } from './model-process.ts';
import { type Remote, startRemote } from './remote.ts';

/** What the bot and the bare loop are measured between, each in a process of its own. */
export interface FarEnds {
  readonly model: Remote<ModelCalls>;
  readonly modelUrl: string;
  readonly connector: Remote<ConnectorCalls>;
  readonly bare: Remote<BareCalls>;
}

/** The model's server, the channel, and the bare loop. */
export async function startFarEnds(): Promise<FarEnds> {
  const model = startRemote<ModelCalls>({ name: 'model', args: [pathOf('model-process.ts')] });
  const connector = startRemote<ConnectorCalls>({ name: 'connector', args: [pathOf('connector-process.ts')] });
  const bare = startRemote<BareCalls>({ name: 'bare loop', args: ['--expose-gc', pathOf('bare-process.ts')] });
  return { model, modelUrl: await model.call('url'), connector, bare };
}

/** The turns that the model's server played since the last call, by their labels. */
export async function takeServed(model: Remote<ModelCalls>): Promise<(label: string) => ServedTurn> {
  const byLabel = new Map((await model.call('takeTurns')).map((turn) => [turn.label, turn]));
  return (label) => {
    const turn = byLabel.get(label);
    if (turn === undefined) throw new Error(`the model was not asked for ${label}`);
    return turn;
  };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
