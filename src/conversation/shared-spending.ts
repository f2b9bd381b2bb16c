/** What the instances tell each other of what they spent on a day (UTC). Rejects with a StoreError. */
export interface SharedSpending {
  /** This instance's total of a day so far, what it has set aside included. */
  tell(day: number, usd: number): Promise<void>;
  /** What all the other instances have told of that day. */
  others(day: number): Promise<number>;
}
