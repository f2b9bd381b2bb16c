import type { Tool } from '../tool.ts';
import { createTicket } from './create-ticket.ts';
import { currentTime } from './current-time.ts';
import { orderStatus } from './order-status.ts';

/** The functions that every bot has. To add one, write a file beside this one and add it here. */
export const FUNCTIONS: readonly Tool[] = [currentTime];

/** The additional functions of the demo. */
export const EXAMPLE_FUNCTIONS: readonly Tool[] = [orderStatus, createTicket];
