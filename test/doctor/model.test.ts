import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ScriptedTurn } from '../../dev/simulator/script.ts';
import type { SimulatorOptions } from '../../dev/simulator/simulator.ts';
import { systemClock } from '../../src/clock.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { drops, ends, says } from '../conversation/fault-answers.ts';
import { errorEvent } from '../realtime/server-events.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { RawAnswer } from '../support/raw-model.ts';
import { examined, findingText } from './examined.ts';
import { MODEL, raw, simulated } from './model-under-test.ts';

function statuses(findings: ReadonlyMap<string, Finding>): string[] {
  return [...findings.values()].map(({ status }) => status);
}

describe('the doctor at a working model', () => {
  it("reports times, tokens, cost, audio and the session's lifetime", async (t) => {
    const findings = await simulated(t, ['Hello, your bot can speak.', 'You said hello.']);
    assert.deepEqual(
      statuses(findings),
      MODEL.map(() => 'pass'),
    );
    assert.match(findingText(findings, 'model address'), /^pass \| 127\.0\.0\.1:\d+: plain TCP in \d+ ms/);
    assert.match(findingText(findings, 'model credentials'), /AZURE_OPENAI_API_KEY is set; the next check tries it/);
    assert.match(findingText(findings, 'model deployment'), /accepted the connection: session\.created after \d+ ms/);
    assert.match(findingText(findings, 'voice'), /session\.updated says "alloy"/);
    const turn = /first text after \d+ ms, first audio \d+ ms, done \d+ ms; \d\.\d seconds of audio, with transcript/;
    for (const name of ['spoken turn', 'speech with a history']) assert.match(findingText(findings, name), turn);
    assert.match(
      findingText(findings, 'tokens'),
      /text \d+ in \(0 cached\), \d+ out; audio 0 in \(0 cached\), \d+ out; 0\.00\d\d US dollars/,
    );
    assert.equal(findingText(findings, 'session life'), 'pass | a session lasts 30 minutes');
  });

  it("reports a session's lifetime as of its creation, however long the spoken turn takes", async (t) => {
    let lateMs = 0;
    const clock = { ...systemClock, now: () => Date.now() + lateMs };
    const onEvent: SimulatorOptions['onEvent'] = (from, event) => {
      if (from === 'server' && event['type'] === 'response.done') lateMs += 120_000;
    };
    const findings = await simulated(t, ['One.', 'Two.'], { simulator: { onEvent }, deps: { clock } });
    assert.equal(findingText(findings, 'session life'), 'pass | a session lasts 30 minutes');
  });

  it('replays history like the bot, and none if the bot remembers none', async (t) => {
    const heard: string[] = [];
    const onEvent: SimulatorOptions['onEvent'] = (from, event) => {
      if (from === 'client' && event['type'] === 'conversation.item.create') heard.push(JSON.stringify(event['item']));
    };
    await simulated(t, ['One.', 'Two.'], { simulator: { onEvent } });
    assert.equal(heard.length, 3);
    assert.match(heard[1] ?? '', /Transcript of our conversation so far.*One\./);
    const findings = await simulated(t, ['One.'], { env: { HISTORY_TURNS: '0' } });
    assert.match(findingText(findings, 'speech with a history'), /^skipped \| HISTORY_TURNS is 0/);
  });

  it('says whose an Entra ID token is, and never prints the token', async (t) => {
    const claims = { appid: 'app-1', oid: 'object-1', tid: 'tenant-1', exp: Math.floor(Date.now() / 1000) + 3_630 };
    const token = `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
    const scopes: string[] = [];
    const tokens = (scope: string) => {
      scopes.push(scope);
      return async () => token;
    };
    const env = { AZURE_OPENAI_API_KEY: '' };
    const findings = await simulated(t, ['One.', 'Two.'], { env, deps: { tokens } });
    assert.match(
      findingText(findings, 'model credentials'),
      /application app-1, object object-1, tenant tenant-1, expires in 60 minutes/,
    );
    assert.deepEqual(scopes, ['https://cognitiveservices.azure.com/.default']);
    assert.ok(!JSON.stringify([...findings]).includes(token));
    assert.equal(findings.get('speech with a history')?.status, 'pass');
  });
});

describe('the doctor at a model that rejects requests', () => {
  for (const [status, env, remedy] of [
    [401, {}, /"?\[unauthorized\] \| Set AZURE_OPENAI_API_KEY to a current key/],
    [401, { AZURE_OPENAI_API_KEY: '' }, /\| Give the identity above the role "Cognitive Services OpenAI User"/],
    [403, { AZURE_OPENAI_API_KEY: '' }, /role "Cognitive Services OpenAI User".*takes a few minutes/],
    [403, {}, /network rules/],
    [404, {}, /AZURE_OPENAI_DEPLOYMENT_NAME must be the name of a deployment/],
    [400, {}, /AZURE_OPENAI_ENDPOINT \(https:\/\/<resource>\.openai\.azure\.com/],
    [503, {}, /status of the service/],
  ] as const) {
    it(`suggests a fix for ${status} ${JSON.stringify(env)}`, async (t) => {
      const findings = await simulated(t, [], { env, simulator: { refuse: () => ({ status }) } });
      assert.match(
        findingText(findings, 'model deployment'),
        new RegExp(`^fail \\| the service answered the handshake with ${status}`),
      );
      assert.match(findingText(findings, 'model deployment'), remedy);
      assert.match(findingText(findings, 'spoken turn'), /^skipped \| needs "model deployment"$/);
      assert.match(findingText(findings, 'voice'), /^skipped/);
    });
  }

  it('quotes the service if an error comes in place of session.created', async (t) => {
    const error = { type: 'invalid_request_error', code: 'model_not_found', message: 'The model `x` does not exist.' };
    const findings = await raw(t, [], [{ type: 'error', error }]);
    assert.match(
      findingText(findings, 'model deployment'),
      /^fail \|.*The model `x` does not exist\. \(model_not_found\)/,
    );
  });

  it('reports that nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const closed = await examined({ AZURE_OPENAI_ENDPOINT: `http://127.0.0.1:${port}` }, { only: MODEL });
    assert.match(
      findingText(closed, 'model address'),
      /^fail \| .*ECONNREFUSED \| Nothing is listening there: is the simulator \(npm run simulator\) running on the port in AZURE_OPENAI_ENDPOINT\?$/,
    );
    assert.match(findingText(closed, 'model deployment'), /^skipped \| needs "model address"/);
  });

  it('reports a missing token', async (t) => {
    const tokens = () => async () => {
      throw new Error('AADSTS700082: The refresh token has expired.');
    };
    const findings = await simulated(t, [], { env: { AZURE_OPENAI_API_KEY: '' }, deps: { tokens } });
    assert.match(
      findingText(findings, 'model credentials'),
      /^fail \| .*cognitiveservices.*: AADSTS700082 \| Run "az login"/,
    );
    assert.match(findingText(findings, 'model deployment'), /^skipped/);
  });
});

describe('the doctor at a model with unusual responses', () => {
  it('quotes the service about a wrong voice', async (t) => {
    // Its response.create is sent together with the settings, and is answered by the same service that rejected them.
    const findings = await simulated(t, ['Never heard.'], { env: { REALTIME_VOICE: 'nobody' } });
    assert.match(
      findingText(findings, 'spoken turn'),
      /^fail \| .*\[settings_rejected\]: Invalid value: 'nobody'\. Supported values are: 'alloy'.* \| Set REALTIME_VOICE/,
    );
    assert.match(findingText(findings, 'voice'), /^skipped/);
    assert.equal(findings.get('session life')?.status, 'pass');
  });

  it('reports another voice, and a missing one', async (t) => {
    const updated: RawAnswer = (asked) => {
      asked.send({ type: 'session.updated', session: { audio: { output: { voice: 'echo' } } } });
      says('Hello')(asked);
    };
    const other = await raw(t, [updated, says('Hello')]);
    assert.match(
      findingText(other, 'voice'),
      /^fail \| the service uses the voice "echo" although "alloy" was requested/,
    );
    const none = await raw(t, [says('Hello'), says('Hello')]);
    assert.match(findingText(none, 'voice'), /^warn \| the service did not confirm the voice "alloy"/);
  });

  it('reports answers in text after a replay, and in general', async (t) => {
    const inText = { outputs: [{ text: 'In text.', modality: 'text' }], ending: { kind: 'completed' } } as const;
    const drifting = await simulated(t, ['One.', inText]);
    assert.equal(drifting.get('spoken turn')?.status, 'pass');
    assert.match(
      findingText(drifting, 'speech with a history'),
      /^fail \| .*answers in text on the first try \| Try another model version/,
    );
    const mute = await simulated(t, [inText]);
    assert.match(findingText(mute, 'spoken turn'), /^fail \| the model answered in text only/);
    assert.match(findingText(mute, 'speech with a history'), /^skipped/);
  });

  it('quotes the service only about the turn that failed', async (t) => {
    const survived: RawAnswer = (asked) => {
      asked.send(errorEvent({ message: 'A harmless fault of the first turn.' }, 'event-of-nothing'));
      says('Hello')(asked);
    };
    const findings = await raw(t, [survived, drops('Half')]);
    assert.match(findingText(findings, 'spoken turn'), /^pass/);
    const failed = findingText(findings, 'speech with a history');
    assert.match(failed, /^fail/);
    assert.doesNotMatch(failed, /harmless/);
  });

  it('explains that the session with a history could not be opened', async (t) => {
    // The token for the credentials, the connection and the first turn.
    let tokensLeft = 3;
    const tokens = () => async () => {
      tokensLeft -= 1;
      return tokensLeft < 0 ? Promise.reject(new Error('AADSTS700082')) : 'a-token';
    };
    const findings = await simulated(t, ['One.'], { env: { AZURE_OPENAI_API_KEY: '' }, deps: { tokens } });
    assert.equal(findings.get('spoken turn')?.status, 'pass');
    assert.match(findingText(findings, 'speech with a history'), /^fail \| .*\[credentials_failed\] \| Run "az login"/);
  });

  it('reports speech without a transcript, and answers that end early', async (t) => {
    const wordless = { outputs: [{ text: 'Hm.', transcript: false }], ending: { kind: 'completed' } } as const;
    assert.match(findingText(await simulated(t, [wordless]), 'spoken turn'), /^fail \| the speech has no transcript/);
    const cut = await simulated(t, ['A long answer that does not fit in.', 'Short.'], {
      env: { REALTIME_MAX_OUTPUT_TOKENS: '20' },
    });
    assert.match(
      findingText(cut, 'spoken turn'),
      /^warn \| .*cut short at REALTIME_MAX_OUTPUT_TOKENS \| Raise REALTIME_MAX_OUTPUT_TOKENS/,
    );
    const filter = { outputs: [], ending: { kind: 'incomplete', reason: 'content_filter' } } as const;
    assert.match(
      findingText(await simulated(t, [filter]), 'spoken turn'),
      /^fail \| .*\(filter\) \| Check the content filter/,
    );
    const error = { type: 'invalid_request_error', code: 'insufficient_quota', message: 'You have no money left.' };
    const poor = await simulated(t, [{ outputs: [], ending: { kind: 'failed', error } }]);
    assert.match(
      findingText(poor, 'spoken turn'),
      /^fail \| .*\[quota_exhausted\]: You have no money left\. \(insufficient_quota\) \| Check the quota/,
    );
  });

  it("warns if the service reports neither usage nor the session's end", async (t) => {
    const findings = await raw(t, [ends({}, 'Hello'), ends({}, 'Hello')]);
    assert.match(findingText(findings, 'tokens'), /^warn \| the service did not report token usage/);
    assert.match(findingText(findings, 'session life'), /^warn \| .*no expires_at.*25 minutes/);
    assert.equal(findings.get('spoken turn')?.status, 'pass');
  });
});

describe('the doctor at a model that hangs', () => {
  async function atHanging(
    t: TestContext,
    limitMs: number,
    turns: readonly ScriptedTurn[],
    simulator: Partial<SimulatorOptions>,
  ) {
    const clock = new ManualClock(Date.now());
    const running = simulated(t, turns, { simulator, deps: { clock } });
    await clock.whenWaiting(limitMs);
    return { clock, running };
  }

  it('gives the handshake its time limit, and continues', async (t) => {
    const { clock, running } = await atHanging(t, 30_000, [], { refuse: () => 'hang' });
    await clock.whenWaiting(10_000);
    await clock.advance(10_000);
    assert.match(
      findingText(await running, 'model deployment'),
      /^fail \| no connection within 10000 ms \[handshake_timeout\] \| Check the network/,
    );
  });

  it('gives a token its time limit', async (t) => {
    const clock = new ManualClock(Date.now());
    const tokens = () => () => new Promise<string>(() => {});
    const running = simulated(t, [], { env: { AZURE_OPENAI_API_KEY: '' }, deps: { tokens, clock } });
    await clock.whenWaiting(30_000);
    await clock.advance(30_000);
    assert.match(
      findingText(await running, 'model credentials'),
      /^fail \| timed out after 30 seconds \| .*AZURE_TOKEN_CREDENTIALS/,
    );
  });

  it("reports an answer that hangs, after the bot's 20 seconds of silence", async (t) => {
    const hang = { outputs: [], ending: { kind: 'hang', afterDeltas: 0 } } as const;
    const { clock, running } = await atHanging(t, 120_000, [hang], {});
    await clock.whenWaiting(10_000);
    await clock.whenWaiting(20_000);
    await clock.advance(20_000);
    assert.match(findingText(await running, 'spoken turn'), /^fail \| nothing came for 20000 ms \[silence_timeout\]/);
  });
});
