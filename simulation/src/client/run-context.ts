import type { AccountId, ConversationId, UserGroupId } from '@parley/protocol';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { History } from '../history/history.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedBrowser } from './browser.ts';

/** The state that all clients of a run share. */
export interface RunContext {
  readonly loop: EventLoop;
  readonly network: Network;
  readonly history: History;
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** Ids of the conversations, by index. */
  readonly conversations: readonly ConversationId[];
  /** Whether clients load their threads. */
  readonly hasThreads: boolean;
  /** The account that is a guest. */
  readonly guest: AccountId | null;
  /** The user group that texts mention. */
  readonly userGroup: UserGroupId | null;
  /** Called when the release of the legal hold was acknowledged. */
  readonly onHoldReleased: () => void;
  /** The browser in which the tabs of an account run. */
  readonly browser: SimulatedBrowser;
  /** Whether clients store the cursor before the data, as a planted fault. */
  readonly cursorFirst: boolean;
}
