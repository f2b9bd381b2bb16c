// Loaded into the bot's process by `--import`, so that it can be asked what it uses; the bot knows nothing of it.
import { cpuMs, usage } from './measure.ts';
import { serve } from './serve.ts';

const calls = { cpuMs, usage };

export type ProbeCalls = typeof calls;

serve(calls);
