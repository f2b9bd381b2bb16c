import { createMemoryAudit } from '../../src/tools/memory-audit.ts';
import { describeAudit } from './audit-contract.ts';

describeAudit('memory', async () => ({ audit: createMemoryAudit(), async [Symbol.asyncDispose]() {} }));
