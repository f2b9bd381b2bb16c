import { StoreError } from '../errors.ts';
import { type AzureStorage, accountOf, addressOf } from '../storage/azure-account.ts';
import { AzureBlobs } from '../storage/azure-blobs.ts';
import { CONTAINERS, todoFor } from '../storage/storage.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, warn } from './check.ts';
import { reachCheck } from './reach.ts';
import { tryWrites } from './storage-writes.ts';

const NAME = 'storage';
const ADDRESS = 'storage address';
const CONTAINERS_NAME = 'storage containers';

/** Each call has bounds of its own. */
const LIMIT_MS = 60_000;
const CLOCK_LIMIT_MS = 10_000;
/** Leases last 30 s, and are renewed every 10 s. */
const MOST_SKEW_MS = 5_000;

/** Whether records, accepted messages and audio can be kept. */
export function storageChecks(deps: DoctorDeps): readonly Check[] {
  const { config, tokens, clock, log } = deps;
  const account = accountOf(config.storage, tokens);
  if (account === undefined) return [inMemory()];
  const variable = account.kind === 'azureEntraId' ? 'AZURE_STORAGE_BLOB_URL' : 'AZURE_STORAGE_CONNECTION_STRING';
  const address = () => addressOf(account, CONTAINERS.state);
  const lateTodo = `See that the network lets this machine reach the address in ${variable}.`;
  const containers = Object.values(CONTAINERS).map((container) => ({
    container,
    blobs: new AzureBlobs({ account, container, clock, log }),
  }));
  return [
    reachCheck({ name: ADDRESS, address, variable }, deps),
    {
      name: 'storage clock',
      needs: [ADDRESS],
      limitMs: CLOCK_LIMIT_MS,
      lateTodo,
      run: async (signal) => checkClock(await address(), deps, signal),
    },
    {
      name: CONTAINERS_NAME,
      needs: [ADDRESS],
      limitMs: LIMIT_MS,
      lateTodo,
      run: () => orTodo(account, () => checkContainers(containers)),
    },
    ...containers.map(({ container, blobs }) => ({
      name: `storage writes (${container})`,
      needs: [CONTAINERS_NAME],
      limitMs: LIMIT_MS,
      lateTodo,
      run: (signal: AbortSignal) => orTodo(account, () => tryWrites(blobs, deps, signal)),
    })),
  ];
}

function inMemory(): Check {
  const said = 'the memory of the process: conversations end with it';
  return { name: NAME, limitMs: CLOCK_LIMIT_MS, lateTodo: '', run: async () => pass(said, { kind: 'memory' }) };
}

async function checkContainers(containers: readonly { container: string; blobs: AzureBlobs }[]): Promise<Finding> {
  const told: string[] = [];
  for (const { container, blobs } of containers) told.push(`${container} was ${await blobs.prepare()}`);
  return pass(told.join(', '));
}

/** By the header `Date`, which every answer has, that of a refusal, too. It knows whole seconds. */
async function checkClock(address: URL, { clock }: DoctorDeps, signal: AbortSignal): Promise<Finding> {
  const sentAtMs = clock.now();
  const answer = await fetch(address, { method: 'HEAD', redirect: 'manual', signal });
  const hereMs = (sentAtMs + clock.now()) / 2;
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date))
    return warn('the storage does not tell its time', 'See what stands between here and the storage.');
  const skewMs = Math.round(hereMs - (date + 500));
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  const said = `this machine and the storage differ by ${seconds} seconds, give or take one`;
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return pass(said, { skewMs });
  const todo =
    'Set the clock of this machine by NTP: instances share their work by the time, and beyond minutes the storage refuses all calls.';
  return warn(said, todo, { skewMs });
}

async function orTodo(account: AzureStorage, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const todo = todoFor(error, account);
    return fail(error.message, `${todo.charAt(0).toUpperCase()}${todo.slice(1)}.`);
  }
}
