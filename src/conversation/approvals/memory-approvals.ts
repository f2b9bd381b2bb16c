import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { lruOptions } from '../../lru-options.ts';
import {
  type Approval,
  type ApprovalStore,
  covers,
  type Decision,
  MAX_WAITING_APPROVALS,
  type Permission,
} from './approval.ts';

const MAX_APPROVALS = 10_000;
/** The number of people with permissions, each in one conversation. */
const MAX_PEOPLE = 50_000;
const MAX_PERMISSIONS_PER_PERSON = 200;

/** Approvals in the memory of this process. The oldest are evicted first. */
export class MemoryApprovals implements ApprovalStore {
  readonly #clock: Clock;
  /** In the order of their age, which no change of an approval changes. */
  readonly #approvals = new Map<string, Approval>();
  readonly #permissions = new LRUCache<string, readonly Permission[]>(lruOptions(MAX_PEOPLE));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async add(approval: Approval): Promise<boolean> {
    if (this.#approvals.has(approval.id)) return false;
    this.#approvals.set(approval.id, approval);
    // Expired ones would keep their arguments in memory.
    this.#deleteWhere(({ id }) => this.#find(id) === undefined);
    const { key, personKey } = approval.asked;
    const waiting = this.#of(key, personKey).filter(({ decision }) => decision === undefined);
    for (const { id } of waiting.slice(MAX_WAITING_APPROVALS)) this.#approvals.delete(id);
    const [oldest] = this.#approvals.keys();
    if (oldest !== undefined && this.#approvals.size > MAX_APPROVALS) this.#approvals.delete(oldest);
    return true;
  }

  async find(id: string): Promise<Approval | undefined> {
    return this.#find(id);
  }

  async findMeant(conversation: string, person: string | undefined, activityId: string): Promise<Approval | undefined> {
    const theirs = this.#of(conversation, person).filter(({ id }) => this.#find(id) !== undefined);
    const decided = theirs.find(({ decision }) => decision?.activityId === activityId);
    return decided ?? theirs.find(({ decision }) => decision === undefined);
  }

  async decide(id: string, decision: Decision) {
    const found = this.#find(id);
    if (found === undefined || found.decision !== undefined) return found && { approval: found, isMadeNow: false };
    const approval = { ...found, decision };
    this.#approvals.set(id, approval);
    return { approval, isMadeNow: true };
  }

  async claim(id: string, turnId: string): Promise<boolean> {
    const approval = this.#approvals.get(id);
    if (approval?.decision === undefined || (approval.turnId ?? turnId) !== turnId) return false;
    this.#approvals.set(id, { ...approval, turnId });
    return true;
  }

  async reopen(id: string): Promise<void> {
    this.#reopenWhere((each) => each.id === id);
  }

  /** Takes the decisions of a conversation back that no turn has claimed. */
  reopenAll(conversation: string): void {
    this.#reopenWhere(({ asked }) => asked.key === conversation);
  }

  /** Deletes the undecided approvals of a conversation. */
  withdraw(conversation: string): void {
    this.#deleteWhere(({ asked, decision }) => asked.key === conversation && decision === undefined);
  }

  /** Deletes the approvals and permissions of a conversation. */
  forget(conversation: string): void {
    this.#deleteWhere(({ asked }) => asked.key === conversation);
    for (const [key, [first]] of [...this.#permissions.entries()])
      if (first?.conversation === conversation) this.#permissions.delete(key);
  }

  async allow(permission: Permission, approvalId: string): Promise<void> {
    if (!this.#approvals.has(approvalId)) return;
    const key = personIn(permission.conversation, permission.person);
    const others = (this.#permissions.get(key) ?? []).filter((each) => !covers(each, permission));
    this.#permissions.set(key, [...others, permission].slice(-MAX_PERMISSIONS_PER_PERSON));
  }

  async permissionsOf(conversation: string, person: string): Promise<readonly Permission[]> {
    return this.#permissions.get(personIn(conversation, person)) ?? [];
  }

  async revoke(conversation: string, person: string): Promise<void> {
    this.#permissions.delete(personIn(conversation, person));
  }

  #find(id: string): Approval | undefined {
    const approval = this.#approvals.get(id);
    return approval !== undefined && this.#clock.now() < approval.expiresAtMs ? approval : undefined;
  }

  /** The newest comes first. */
  #of(conversation: string, person: string | undefined): Approval[] {
    return [...this.#approvals.values()]
      .reverse()
      .filter(({ asked }) => asked.key === conversation && (person ?? asked.personKey) === asked.personKey);
  }

  #reopenWhere(condition: (approval: Approval) => boolean): void {
    for (const [id, each] of [...this.#approvals.entries()])
      if (condition(each) && each.turnId === undefined) this.#approvals.set(id, { ...each, decision: undefined });
  }

  #deleteWhere(condition: (approval: Approval) => boolean): void {
    for (const [id, each] of [...this.#approvals.entries()]) if (condition(each)) this.#approvals.delete(id);
  }
}

function personIn(conversation: string, person: string): string {
  return JSON.stringify([conversation, person]);
}
