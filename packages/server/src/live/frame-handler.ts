import {
  type AccountId,
  type ClientFrame,
  type CommandFrame,
  type Refusal,
  refusal,
  type Seq,
  type ServerFrame,
  type StreamId,
  streamOfAccount,
} from '@parley/protocol';
import type { Identity } from '../accounts/accounts.ts';
import { Budget } from './budget.ts';
import { executeCommand } from './commands.ts';
import type { LiveContext } from './context.ts';
import { refusalOfFrame } from './frame-scopes.ts';
import type { ReadFrame } from './read-frame.ts';
import type { SubscriptionSet } from './subscription-set.ts';

/** An authenticated connection, as its frames are handled. */
export interface FrameConnection {
  readonly identity: Identity;
  readonly account: AccountId;
  readonly closed: boolean;
  send(frame: ServerFrame): void;
  ack(id: string, stream: StreamId, seq: Seq, at: string): void;
  nack(id: string | null, refusal: Refusal): void;
  outcomeUnknown(): void;
  /** The user became active or idle on this device. */
  setPresence(state: 'active' | 'idle'): void;
  /** Replaces the accounts whose presence the client receives. */
  watch(accounts: readonly AccountId[]): void;
  /** The access token was renewed. */
  renewed(expiresAt: Identity['expiresAt']): void;
}

/**
 * Handles the frames of an authenticated connection.
 *
 * 1. Each command is answered once, unless the connection closes first.
 * 2. Commands, and frames that are answered like one, are limited per connection; commands also over all
 *    connections of the account. Signals over their limit are dropped.
 */
export class FrameHandler {
  readonly #context: LiveContext;
  readonly #connection: FrameConnection;
  readonly #subscriptions: SubscriptionSet;
  readonly #commandBudget: Budget;
  readonly #signalBudget: Budget;
  /** Separate, so that typing signals do not use up the budget for presence subscriptions. */
  readonly #watchBudget: Budget;

  constructor(context: LiveContext, connection: FrameConnection, subscriptions: SubscriptionSet) {
    this.#context = context;
    this.#connection = connection;
    this.#subscriptions = subscriptions;
    const { commands, signals, commandWindowMs } = context.limits;
    this.#commandBudget = new Budget(commands, commandWindowMs);
    this.#signalBudget = new Budget(signals, commandWindowMs);
    this.#watchBudget = new Budget(signals, commandWindowMs);
  }

  /** Answers a binary frame, also before the hello. */
  rejectBinary(): void {
    if (this.#commandBudget.take())
      this.#connection.nack(null, refusal('invalid_json', 'Frames must be text'));
  }

  /** Handles a text frame. */
  receive(read: ReadFrame): void {
    if ('frame' in read) {
      this.#handle(read.frame);
      return;
    }
    if (this.#commandBudget.take()) this.#connection.nack(read.id, read.refusal);
    // A frame without an id gets no answer.
    else if (read.id !== null) this.#connection.nack(read.id, this.#overBudget());
  }

  #handle(frame: ClientFrame): void {
    switch (frame.op) {
      case 'hello':
        if (this.#commandBudget.take())
          this.#connection.nack(null, refusal('invalid', 'hello was sent already'));
        return;
      case 'ping':
        this.#connection.send({ op: 'pong' });
        return;
      case 'pong':
        return;
      case 'typing':
        if (
          !refusalOfFrame('typing', this.#connection.identity) &&
          this.#signalBudget.take() &&
          this.#subscriptions.isMember(frame.conversation)
        ) {
          this.#context.sendTyping(frame.conversation, this.#connection.account);
        }
        return;
      case 'presence':
        if (this.#signalBudget.take()) this.#connection.setPresence(frame.state);
        return;
      case 'watch':
        if (this.#watchBudget.take()) this.#watch(frame.accounts);
        return;
      default:
        this.#command(frame);
    }
  }

  #watch(accounts: readonly AccountId[]): void {
    const refused = refusalOfFrame('watch', this.#connection.identity);
    if (refused) this.#connection.nack(null, refused);
    else this.#connection.watch(accounts);
  }

  #command(frame: CommandFrame): void {
    const refused = this.#refusalOf(frame);
    if (refused) this.#connection.nack(frame.id, refused);
    else if (frame.op === 'fill') this.#subscriptions.fill(frame);
    else if (frame.op === 'renew') void this.#renew(frame);
    else executeCommand(this.#context, this.#connection, frame);
  }

  /** Returns why a command is not executed: over a limit, or the API key lacks a scope. */
  #refusalOf({ op }: CommandFrame): Refusal | null {
    if (!this.#commandBudget.take()) return this.#overBudget();
    const refused = refusalOfFrame(op, this.#connection.identity);
    if (refused) return refused;
    const retryAfter = this.#context.limitCommands(this.#connection.account);
    if (retryAfter === null) return null;
    this.#context.metrics.limited('commands');
    return refusal('rate_limited', undefined, { retryAfter });
  }

  #overBudget(): Refusal {
    this.#context.metrics.limited('commands');
    return refusal('rate_limited', undefined, { retryAfter: this.#commandBudget.retryAfter });
  }

  async #renew({ id, token }: Extract<ClientFrame, { op: 'renew' }>): Promise<void> {
    const connection = this.#connection;
    const identified = await this.#context.identify(token).catch((error: unknown) => {
      this.#context.log.error({ err: error }, 'access token not checked');
      return { refusal: refusal('unavailable', undefined, { retryAfter: 2 }) };
    });
    if (connection.closed) return;
    if ('refusal' in identified) {
      connection.nack(id, identified.refusal);
      return;
    }
    const { account, session, expiresAt } = identified.identity;
    const { identity } = connection;
    if (account !== identity.account || session !== identity.session) {
      connection.nack(id, refusal('forbidden', 'The token belongs to another session'));
      return;
    }
    connection.renewed(expiresAt);
    const at = new Date(this.#context.clock.now()).toISOString();
    connection.ack(id, streamOfAccount(account), 0 as Seq, at);
  }
}
