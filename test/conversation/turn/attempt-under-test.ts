import type { WithReplySender } from '../../../src/conversation/reply.ts';
import type { Services } from '../../../src/conversation/services.ts';
import { runTurn } from '../../../src/conversation/turn/run-turn.ts';
import { Turn } from '../../../src/conversation/turn/turn.ts';
import type { UserMessage } from '../../../src/conversation/user-message.ts';
import { type Answer, says } from '../../realtime/fake-model.ts';
import { talk, turn, wayBack } from '../recordings-under-test.ts';
import { ScriptedJob } from './scripted-job.ts';

interface Start {
  readonly answers?: readonly Answer[];
  readonly script?: ConstructorParameters<typeof ScriptedJob>[2];
  readonly message?: UserMessage;
  readonly refuse?: Error;
  /** Whether the channel supports streams. */
  readonly shows?: boolean;
}

/** One attempt at a turn, with a scripted job, a model without sockets and a reply route that records what is sent. */
export function start({
  answers = [says('Hi')],
  script = {},
  message = turn('hello'),
  refuse,
  shows = false,
}: Start = {}) {
  const { services, model, clock } = talk(answers);
  const way = wayBack({ shows, ...(refuse && { refuse }) });
  const streams: (string | undefined)[] = [];
  const withReplySender: WithReplySender = (work, stream) => {
    streams.push(stream?.earlierId);
    return way.withReplySender(work);
  };
  const job = new ScriptedJob(message, way.diary, script);
  const result = () => runTurn(new Turn(job, withReplySender, services));
  return { job, message, result, model, clock, services, streams, ...way };
}

/** One attempt whose steps a test calls itself; `changes` replace services. Aborted with `signal`. */
export function attemptAt(message: UserMessage, changes: Partial<Services>, signal?: AbortSignal): Turn {
  const { withReplySender, diary } = wayBack();
  const job = new ScriptedJob(message, diary);
  signal?.addEventListener('abort', () => job.abort(signal.reason));
  return new Turn(job, withReplySender, { ...talk().services, ...changes });
}

export const withoutActivity = (diary: readonly string[]) => diary.filter((line) => line !== 'shows activity');
