import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';

/** An example of a function that asks first. To use it, send the ticket to your own help desk in `run`. */
export const createTicket = defineTool({
  name: 'create_ticket',
  title: 'Create ticket',
  progress: { en: 'Creating the ticket…', de: 'Ich lege das Ticket an …' },
  description:
    'Creates a ticket for the help desk. Call it when the user asks for a ticket or wants to report a problem.',
  parameters: z.object({
    subject: z.string().min(1).describe('The problem in one sentence.'),
  }),
  approval: 'ask',
  run({ subject }) {
    return { ticketNumber: String(randomInt(1000, 10_000)), subject, status: 'open' };
  },
});
