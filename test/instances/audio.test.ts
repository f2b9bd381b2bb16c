import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import { en } from '../../src/messages/en.ts';
import { until } from '../conversation/talk.ts';
import { inTime } from '../realtime/gathered.ts';
import { type Azurite, sharedAzurite } from '../support/azurite.ts';
import { samplesOf } from '../support/bot.ts';
import { PLACE, startFileService } from '../support/file-service.ts';
import { SwiftClock } from '../support/swift-clock.ts';
import { eventually, type Fields, type Instance, spoken, startWorld, type World } from './instances.ts';
import { SkipClock } from './skip-clock.ts';
import { stepsOf } from './steps.ts';

const PATIENCE = { timeout: 100_000 };
const PCM = Buffer.from(Array.from({ length: 96_000 }, (_, index) => index % 251));
const TEAMS = { channelId: 'msteams', conversation: { id: 'personal-1', conversationType: 'personal', tenantId: 't' } };

let azurite: Azurite;
before(async () => {
  azurite = await sharedAzurite();
});

interface Action {
  readonly url?: string;
  readonly data?: { readonly play?: string; readonly save?: string };
}

/** One instance has answered in the emulator; resolves with the path of the sound. */
async function answered(t: TestContext, options: { clock?: SkipClock } = {}) {
  const world = await startWorld(t, azurite);
  const [one, two] = [await world.start(options), await world.start(options)];
  world.answers('hello', spoken('Hi there', PCM));
  const [attachment] = (await one.ask('hello')).attachments;
  await world.whenAnswered();
  return { world, one, two, path: new URL(attachment.contentUrl).pathname };
}

/** As `answered`, in Teams; with what its card holds. */
async function answeredInTeams(t: TestContext, deps = {}) {
  const world = await startWorld(t, azurite);
  // One message of a stream a second is what Teams takes.
  const start = () => world.start({ deps: { ...deps, clock: new SwiftClock() } });
  const [one, two] = [await start(), await start()];
  world.answers('hello', spoken('Hi there', PCM));
  await one.says('hello', TEAMS);
  const reply = await inTime(
    world.connector.when(({ body }) => body?.attachments?.[0]?.content?.actions !== undefined),
  );
  const actions: Action[] = reply.body.attachments[0].content.actions;
  await world.whenAnswered();
  const play = actions.find(({ data }) => data?.play !== undefined)?.data;
  const save = actions.find(({ data }) => data?.save !== undefined)?.data;
  return { world, one, two, play, save };
}

const get = ({ url }: Instance, path: string, init?: RequestInit) => fetch(url + path, init);
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

async function press(world: World, instance: Instance, data: unknown) {
  const invoke: Fields = { ...TEAMS, type: 'invoke', name: 'task/fetch', value: { data, context: { theme: 'dark' } } };
  const response = await instance.post(world.message(undefined, invoke));
  assert.equal(response.status, 200);
  return ((await response.json()) as { task: { type: string; value: Record<string, string> & string } }).task;
}

/** What one instance was told to forget. */
async function forget(world: World, instance: Instance, fields: Fields = {}): Promise<void> {
  await instance.says('/forget', fields);
  await until(() => world.said.includes(en.commands.forgotten(undefined)));
}

describe('sound that one instance has made', PATIENCE, () => {
  it('is served by another, whole and in ranges', async (t) => {
    const { two, path } = await answered(t);
    const whole = await get(two, path);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get('content-type'), 'audio/wav');
    const wav = await bytesOf(whole);
    assert.ok(samplesOf(wav).equals(PCM));
    const range = await get(two, path, { headers: { range: 'bytes=1000-1999' } });
    assert.deepEqual([range.status, range.headers.get('content-range')], [206, `bytes 1000-1999/${wav.byteLength}`]);
    assert.deepEqual(await bytesOf(range), wav.subarray(1_000, 2_000));
    const again = await get(two, path, { headers: { 'if-none-match': whole.headers.get('etag') ?? '' } });
    assert.equal(again.status, 304);
  });

  it('is in parts the same wherever they come from', async (t) => {
    const { one, two, path } = await answered(t);
    const [whole, other] = [await get(one, path), await get(two, path)];
    assert.equal(whole.headers.get('etag'), other.headers.get('etag'));
    const wav = await bytesOf(whole);
    const parts: Uint8Array[] = [];
    for (let begin = 0, index = 0; begin < wav.byteLength; begin += 20_000, index++) {
      const range = `bytes=${begin}-${begin + 19_999}`;
      parts.push(await bytesOf(await get(index % 2 === 0 ? one : two, path, { headers: { range } })));
    }
    assert.ok(Buffer.concat(parts).equals(wav));
  });

  it('is told of by HEAD, and has its page', async (t) => {
    const { one, two, path } = await answered(t);
    const [head, other] = [await get(two, path, { method: 'HEAD' }), await get(one, path, { method: 'HEAD' })];
    assert.equal(head.status, 200);
    for (const name of ['content-length', 'content-type', 'etag', 'last-modified']) {
      assert.equal(head.headers.get(name), other.headers.get(name), name);
    }
    assert.equal(Number(head.headers.get('content-length')), PCM.byteLength + 44);
    const page = await get(two, path.replace(/\.wav$/, ''));
    assert.equal(page.status, 200);
    assert.match(await page.text(), /Hi there/);
  });

  it('is served after a restart, and to many at the same time with few looks at the storage', async (t) => {
    const { world, one, two, path } = await answered(t);
    await one.close();
    await two.close();
    const three = await world.start();
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(three, path)));
    for (const answer of answers) assert.ok(samplesOf(await bytesOf(answer)).equals(PCM));
    const before = three.proxy.requests.length;
    assert.equal((await get(three, path)).status, 200);
    assert.deepEqual(stepsOf(three.proxy.requests, before), ['look at audio']);
  });

  it('ends everywhere with the conversation, at once', async (t) => {
    const { world, one, two, path } = await answered(t);
    for (const instance of [one, two]) assert.equal((await get(instance, path)).status, 200);
    await forget(world, two);
    for (const instance of [one, two, await world.start()]) {
      assert.equal((await get(instance, path)).status, 404);
      assert.equal((await get(instance, path, { method: 'HEAD' })).status, 404);
      assert.equal((await get(instance, path.replace(/\.wav$/, ''))).status, 404);
    }
  });

  it('ends everywhere when the bot is removed from the conversation at one', async (t) => {
    const { world, one, two, path } = await answered(t);
    await two.post(world.message(undefined, { type: 'conversationUpdate', membersRemoved: [{ id: 'bot-1' }] }));
    await eventually(async () => (await world.audio()).length === 0);
    for (const instance of [one, two]) assert.equal((await get(instance, path)).status, 404);
  });

  it('ends with its time', async (t) => {
    const clock = new SkipClock();
    const { one, two, path } = await answered(t, { clock });
    for (const instance of [one, two]) assert.equal((await get(instance, path)).status, 200);
    clock.skip(24 * 3_600_000);
    for (const instance of [one, two]) assert.equal((await get(instance, path)).status, 404);
  });

  it('opens by no link but its own', async (t) => {
    const { two, path } = await answered(t);
    const id = path.slice('/audio/'.length);
    for (const index of [0, 5, 11, 20, 32, 40]) {
      const wrong = id[index] === 'A' ? 'B' : 'A';
      const { status } = await get(two, `/audio/${id.slice(0, index)}${wrong}${id.slice(index + 1)}`);
      assert.equal(status, 404, `${index}`);
    }
  });
});

describe('sound while the storage is away', PATIENCE, () => {
  it('is not called gone where nobody can know: 503, and then it is there again', async (t) => {
    const { two, path } = await answered(t);
    two.proxy.rule = () => 'drop';
    const page = path.replace(/\.wav$/, '');
    for (const [wanted, init] of [
      [path, {}],
      [path, { method: 'HEAD' }],
      [path, { headers: { range: 'bytes=0-99' } }],
      [page, {}],
      [page, { method: 'HEAD' }],
    ] as const) {
      const answer = await get(two, wanted, init);
      assert.equal(answer.status, 503, `${JSON.stringify(init)} ${wanted}`);
      assert.ok(answer.headers.get('retry-after'));
    }
    two.proxy.rule = () => undefined;
    assert.equal((await get(two, path)).status, 200);
  });

  it('is called gone where it cannot be there', async (t) => {
    const { two } = await answered(t);
    two.proxy.rule = () => 'drop';
    for (const name of ['x.wav', 'x', 'index.html', '..%2fbot-state.wav']) {
      assert.equal((await get(two, `/audio/${name}`)).status, 404, name);
    }
  });

  it('is waited for a few seconds, and no longer', async (t) => {
    const clock = new SkipClock();
    const { two, path } = await answered(t, { clock });
    const before = two.proxy.requests.length;
    two.proxy.rule = () => 'hang';
    const answer = get(two, path);
    await until(() => stepsOf(two.proxy.requests, before).includes('read audio'));
    clock.skip(4_000);
    assert.equal((await inTime(answer)).status, 503);
  });

  it('is served by whoever has it, and sent in the message where it could not be kept', async (t) => {
    const { world, one, path } = await answered(t);
    one.proxy.rule = () => 'drop';
    assert.ok(samplesOf(await bytesOf(await get(one, path))).equals(PCM));
    one.proxy.rule = (request) => (request.path.includes('/audio/') ? 'drop' : undefined);
    const said = await one.ask('more');
    assert.equal(said.text, 're: more');
    assert.match(said.attachments[0].contentUrl, /^data:audio\/wav;base64,/);
    one.proxy.rule = () => undefined;
    await world.whenAnswered();
  });
});

describe('sound in Teams that one instance has made', PATIENCE, () => {
  it('is played by another one', async (t) => {
    const { world, two, play } = await answeredInTeams(t);
    const task = await press(world, two, play);
    assert.equal(task.type, 'continue');
    const url = task.value['url'] ?? '';
    assert.equal(new URL(url).port, new URL(two.url).port);
    assert.ok(samplesOf(await bytesOf(await fetch(`${url}.wav`))).equals(PCM));
  });

  it('is not played when it was forgotten', async (t) => {
    const { world, one, two, play } = await answeredInTeams(t);
    await press(world, two, play);
    await forget(world, one, TEAMS);
    for (const instance of [one, two]) {
      assert.deepEqual(await press(world, instance, play), { type: 'message', value: en.audio.gone });
    }
  });

  it('is not called gone while the storage is away', async (t) => {
    const { world, two, play } = await answeredInTeams(t);
    two.proxy.rule = () => 'drop';
    const invoke = { ...TEAMS, type: 'invoke', name: 'task/fetch', value: { data: play, context: {} } };
    const response = await two.post(world.message(undefined, invoke));
    assert.equal(response.status, 503);
  });

  it('is saved where one instance offers it and another hears the consent', async (t) => {
    const files = await startFileService();
    t.after(() => files[Symbol.asyncDispose]());
    const { world, one, two, save } = await answeredInTeams(t, { fetch: files.fetch });
    await one.post(world.message(undefined, { ...TEAMS, value: save }));
    const isOffer = (type: unknown) => type === 'application/vnd.microsoft.teams.card.file.consent';
    const card = await inTime(world.connector.when(({ body }) => isOffer(body?.attachments?.[0]?.contentType)));
    const context = card.body.attachments[0].content.acceptContext;
    const consent = (action: string) =>
      world.message(undefined, {
        ...TEAMS,
        type: 'invoke',
        name: 'fileConsent/invoke',
        replyToId: 'card',
        value: { type: 'fileUpload', action, context, ...(action === 'accept' ? { uploadInfo: PLACE } : {}) },
      });
    assert.equal((await two.post(consent('accept'))).status, 200);
    const [call] = await files.whenCalls(1);
    assert.ok(samplesOf(call?.body ?? new Uint8Array()).equals(PCM));
    await inTime(
      world.connector.when(
        ({ body }) =>
          body?.text === en.audio.saved ||
          body?.attachments?.[0]?.contentType === 'application/vnd.microsoft.teams.card.file.info',
      ),
    );
  });

  it('is not saved by an offer that nobody made', async (t) => {
    const files = await startFileService();
    t.after(() => files[Symbol.asyncDispose]());
    const { world, two, save } = await answeredInTeams(t, { fetch: files.fetch });
    const context = { audio: save?.save, offer: 'abcdefghijklmnopqrstuv' };
    const value = { type: 'fileUpload', action: 'accept', context, uploadInfo: PLACE };
    const invoke = { ...TEAMS, type: 'invoke', name: 'fileConsent/invoke', replyToId: 'card', value };
    assert.equal((await two.post(world.message(undefined, invoke))).status, 200);
    await inTime(world.connector.when(({ body }) => body?.text === en.audio.notSaved));
    assert.equal(files.calls.length, 0);
  });
});
