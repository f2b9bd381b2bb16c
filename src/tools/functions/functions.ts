import type { Tool } from '../tool.ts';
import { currentTime } from './current-time.ts';
import { orderStatus } from './order-status.ts';

/** The functions that every bot has. A new one is a file beside this one, and a line here. */
export const FUNCTIONS: readonly Tool[] = [currentTime];

/** Beside them in the demo. */
export const EXAMPLE_FUNCTIONS: readonly Tool[] = [orderStatus];
