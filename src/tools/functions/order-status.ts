import { z } from 'zod';
import { defineTool } from '../define-tool.ts';

/** Sample data instead of the API of a shop. */
const ORDERS: Readonly<Record<string, { readonly status: string; readonly arrives: string }>> = {
  '4711': { status: 'shipped', arrives: 'tomorrow before noon' },
  '4712': { status: 'being packed', arrives: 'in three days' },
  '4713': { status: 'delivered', arrives: 'yesterday' },
};

/** An example for the demo. To use it, replace `ORDERS` with a request to your own API. */
export const orderStatus = defineTool({
  name: 'order_status',
  title: 'Order status',
  progress: { en: 'Looking up the order…', de: 'Ich sehe nach der Bestellung …' },
  description: 'Gives the status of an order and when it arrives. Call it whenever the user asks about an order.',
  parameters: z.object({
    orderNumber: z
      .string()
      .regex(/^\d{4}$/, 'Expected four digits')
      .describe('Four digits, such as 4711.'),
  }),
  approval: 'never',
  isReadOnly: true,
  run({ orderNumber }) {
    return ORDERS[orderNumber] ?? { error: `There is no order ${orderNumber}.` };
  },
});
