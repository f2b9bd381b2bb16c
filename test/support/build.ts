import type { Build } from '../../src/installation.ts';

/** The build that a bot under test reports on `/health`. */
export const TEST_BUILD: Build = { version: '1.2.3', commit: undefined };
