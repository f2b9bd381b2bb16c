import { systemClock } from '../../src/clock.ts';
import { createMemoryStores } from '../../src/conversation/memory-stores.ts';
import type { TurnQueue } from '../../src/conversation/queue/turn-queue.ts';
import { randomIds } from '../../src/ids.ts';
import { describeConversations } from './conversation-store-contract.ts';
import { describeQueue } from './queue-contract.ts';
import { describeQueueEnds } from './queue-ends-contract.ts';
import { bigMessageIn, type TestEngine, type WaitingMessages } from './test-engine.ts';

async function open(): Promise<TestEngine> {
  const engine = createMemoryStores({ clock: systemClock, ids: randomIds, recordRetentionMs: 86_400_000 });
  const { queue, recordingLinks, conversationStore: conversations } = engine;
  return {
    queue,
    conversations,
    recordingLinks,
    fill: (waiting) => fill(queue, waiting),
    async [Symbol.asyncDispose]() {},
  };
}

async function fill(queue: TurnQueue, { count, isVerified, bytes = 0 }: WaitingMessages): Promise<void> {
  for (let index = 0; index < count; index++) {
    const key = `${isVerified} ${index}`;
    await queue.add(bigMessageIn(key, 'm', bytes, { personKey: isVerified ? `person ${index}` : key }));
  }
}

describeQueue('memory', open);
describeQueueEnds('memory', open);
describeConversations('memory', open);
