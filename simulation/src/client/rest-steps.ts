import type { GuestRecorder } from '@parley/chaos/clients/guest-recorder';
import type { CommandRecorder } from '@parley/chaos/history/command-recorder';
import { heldTextsIn } from '@parley/chaos/history/holds';
import type { Random } from '@parley/chaos/lib/random';
import { LOOKS, lookAt } from '@parley/chaos/steps/guest-steps';
import {
  recordAnswer,
  type StepAnswer,
  type ThreadRequest,
  type ThreadTarget,
  voteRequest,
} from '@parley/chaos/steps/thread-steps';
import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type MessageRetention,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { HOLD_ID } from '../plan/plan.ts';
import type { Requests } from './requests.ts';
import type { RunContext } from './run-context.ts';

/** The retention periods that a step chooses from: mostly a day. */
const RETENTIONS: readonly MessageRetention[] = [1, 1, 1, 'keep', 2];

/** Requests of guests that clients do not send here: the simulated database does not have their tables. */
const NOT_HERE = ['profile', 'search', 'public groups', 'activity'];
/** What clients ask for. */
const LOOKS_HERE = LOOKS.filter(({ by }) => !NOT_HERE.includes(by));
/** All usernames begin with it. */
const NAME = 'c';

/** A post that is repeated at the end. */
interface RepeatedPost {
  readonly id: ClientId;
  readonly conversation: ConversationId;
  readonly body: string;
}

interface RestStepsDeps {
  readonly context: RunContext;
  readonly requests: Requests;
  readonly record: CommandRecorder;
  readonly guest: GuestRecorder | null;
  readonly random: Random;
}

/** Executes the steps of a plan that are REST requests, and records their answers. */
export class RestSteps {
  readonly #context: RunContext;
  readonly #requests: Requests;
  readonly #record: CommandRecorder;
  /** Null if the account is not a guest. */
  readonly #guest: GuestRecorder | null;
  readonly #random: Random;
  /** The posts that are sent again at the end. */
  readonly #past: RepeatedPost[] = [];

  constructor({ context, requests, record, guest, random }: RestStepsDeps) {
    this.#context = context;
    this.#requests = requests;
    this.#record = record;
    this.#guest = guest;
    this.#random = random;
  }

  #newId(): ClientId {
    return this.#context.loop.within(this.#requests.process, uuidv7) as ClientId;
  }

  /** Sends a request about a thread, a poll or a hidden message until it is answered. */
  async request(target: ThreadTarget, request: ThreadRequest): Promise<void> {
    const id = this.#newId();
    const { command, ...sent } = request;
    if (command) this.#record.requested(id, command.op, target.conversation, command.details);
    const answer = await this.#requests.send({ ...sent, id });
    if (answer.kind === 'done') {
      recordAnswer(this.#record, id, target, request, answer.body as StepAnswer);
    } else if (command && answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  /** Votes twice at once with the same id, for different choices: one vote must be rejected. */
  async voteTwice({ conversation, pick }: ThreadTarget, poll: Seq): Promise<void> {
    const id = this.#newId();
    const requests = [pick, (pick + 0.5) % 1].map((n) => voteRequest(conversation, poll, n));
    const [one, other] = requests.map(({ command }) => command?.details.text ?? '') as [
      string,
      string,
    ];
    this.#record.requested(id, 'vote', conversation, { message: poll, text: one });
    this.#record.rival(id, conversation, other);
    const which = this.#random.next();
    await Promise.all(
      requests.map(async ({ method, path, body }, n) => {
        const answer = await this.#requests.send({ method, path, body, id }, which);
        const stream = streamOfConversation(conversation);
        if (answer.kind === 'done') this.#record.acked(id, stream, answer.seq, n ? other : one);
        else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
      }),
    );
  }

  /** Posts twice at once with the same id. If the texts differ, one must be rejected. */
  async postTwice(conversation: ConversationId, one: string, other: string): Promise<void> {
    const id = this.#newId();
    this.#record.requested(id, 'post', conversation, { text: one });
    if (other !== one) this.#record.rival(id, conversation, other);
    const which = this.#random.next();
    const commands = [one, other].map((body) => ({ id, conversation, body }));
    // Often on the same node, so that both are in one batch.
    const nodes = this.#random.chance(0.5) ? [which, which] : [which, 1 - which];
    const stored = await Promise.all(commands.map((c, i) => this.#post(c, nodes[i] as number)));
    // A refused command may be stored when it is repeated: the account may have joined by then.
    if (stored.includes(true)) this.#past.push(...commands);
  }

  async #post({ id, conversation, body }: RepeatedPost, which: number): Promise<boolean> {
    const path = `/conversations/${conversation}/messages`;
    const answer = await this.#requests.send({ method: 'POST', path, id, body: { body } }, which);
    if (answer.kind === 'done') {
      this.#record.acked(id, streamOfConversation(conversation), answer.seq, body);
    } else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
    return answer.kind === 'done';
  }

  /** Joins or leaves a conversation, or adds or removes another account, chosen by `pick`. */
  async changeMember(
    op: 'join' | 'leave' | 'add' | 'remove',
    conversation: ConversationId,
    pick: number,
  ): Promise<void> {
    const { accounts } = this.#context;
    const others = accounts.slice(1);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    const id = this.#newId();
    const isAboutOther = op === 'add' || op === 'remove';
    this.#record.requested(id, op, conversation, isAboutOther ? { whom } : {});
    const path = `/conversations/${conversation}`;
    const answer = await this.#requests.send(
      op === 'remove'
        ? { method: 'DELETE', path: `${path}/members/${whom}`, id, body: null }
        : op === 'add'
          ? { method: 'POST', path: `${path}/members`, id, body: { account: whom } }
          : { method: 'POST', path: `${path}/${op}`, id, body: null },
    );
    if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  /** Chooses how long a group keeps messages. */
  async chooseRetention(conversation: ConversationId, pick: number): Promise<void> {
    const retention = RETENTIONS[Math.floor(pick * RETENTIONS.length)] as MessageRetention;
    const id = this.#newId();
    this.#record.requested(id, 'retention', conversation, {});
    const path = `/conversations/${conversation}/retention`;
    const answer = await this.#requests.send({ method: 'PUT', path, id, body: { retention } });
    if (answer.kind === 'done') {
      this.#record.acked(id, streamOfConversation(conversation), answer.seq);
    } else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  /** Gives the user group other members. */
  async changeUserGroup(pick: number): Promise<void> {
    const { accounts, userGroup } = this.#context;
    if (!userGroup) return;
    const chosen = Math.floor(pick * 2 ** accounts.length);
    const members = accounts.filter((_, n) => chosen & (1 << n));
    const id = this.#newId();
    const path = `/admin/user-groups/${userGroup}`;
    await this.#requests.send({ method: 'PATCH', path, id, body: { members } });
  }

  /** Asks for users, conversations or messages, as the web client does. What a guest is told is recorded. */
  async look(conversation: ConversationId, pick: number): Promise<void> {
    const look = lookAt(pick, LOOKS_HERE);
    const { accounts, history } = this.#context;
    const account = this.#random.pick(accounts);
    await this.#requests.untilAnswered(async (api) => {
      const since = history.now;
      const answer = await look.request(api, { conversation, account, name: NAME });
      this.#guest?.answer(look, since, answer);
    });
  }

  /** Exports the legal hold of the run. */
  async exportHold(): Promise<void> {
    const { conversations, history } = this.#context;
    const since = history.now;
    const path = `/admin/legal-holds/${HOLD_ID}/export`;
    const answer = await this.#requests.send({ method: 'GET', path, id: null, body: null });
    if (answer.kind !== 'done') return;
    const streams = conversations.map(streamOfConversation);
    history.add({ kind: 'held', streams, texts: heldTextsIn(answer.body as string), since });
  }

  /** Releases the legal hold of the run. */
  async releaseHold(): Promise<void> {
    const path = `/admin/legal-holds/${HOLD_ID}/release`;
    const answer = await this.#requests.send({ method: 'POST', path, id: null, body: null });
    if (answer.kind === 'done') this.#context.onHoldReleased();
  }

  /** Sends posts of the run again. */
  repeatPast(): void {
    for (const past of this.#past.splice(0)) void this.#post(past, this.#random.next());
  }
}
