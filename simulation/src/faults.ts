import type { Random } from '@parley/chaos/lib/random';
import { type ConversationId, streamOfConversation } from '@parley/protocol';
import type { ClientDriver } from './client/client-driver.ts';
import type { Restored, RunDatabase } from './database/run-database.ts';
import type { EventLoop } from './event-loop/event-loop.ts';
import type { Network } from './network/network.ts';
import type { BrokerBus } from './node/broker.ts';
import type { NodeSlot } from './node/slot.ts';
import type { FaultName } from './plan/plan.ts';

/** The targets of faults. */
export interface FaultContext {
  readonly loop: EventLoop;
  readonly network: Network;
  readonly bus: BrokerBus;
  readonly nodes: readonly NodeSlot[];
  readonly drivers: readonly ClientDriver[];
  readonly database: RunDatabase;
  readonly conversations: readonly ConversationId[];
  /** Called when the database was restored. */
  readonly restored: (restored: Restored) => void;
}

/** Ends a fault. */
export type End = () => void;

/** Starts a fault; returns a function that ends it. */
type Fault = (context: FaultContext, random: Random) => End;

const nothing: End = () => undefined;

/** What each fault does. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  // ---- the network ----
  'cut-link': ({ network }, random) => {
    pick(network.links, random)?.cut();
    return nothing;
  },
  'lose-link': ({ network }, random) => {
    const link = pick(network.links, random);
    link?.lose();
    // The connection is permanently gone; at the end the operating systems notice it.
    return () => link?.cut();
  },
  'hold-link': ({ network }, random) => {
    const link = pick(network.links, random);
    link?.hold();
    return () => link?.release();
  },
  'stop-reading': ({ network }, random) => {
    const link = pick(network.links, random);
    link?.stopReading();
    return () => link?.release();
  },
  'slow-reader': ({ network, drivers }, random) => {
    const driver = random.pick(drivers);
    driver.bytesPerMs = random.pick([0.3, 1, 5]);
    // Its next connection is slow.
    for (const link of network.of(driver.process)) link.cut();
    return () => {
      driver.bytesPerMs = Number.POSITIVE_INFINITY;
      for (const link of network.of(driver.process)) link.cut();
    };
  },

  // ---- nodes ----
  'kill-node': ({ nodes }, random) => {
    const node = random.pick(nodes);
    node.kill();
    return () => node.start();
  },
  'stop-node': ({ nodes }, random) => {
    const node = random.pick(nodes);
    node.stop();
    return () => node.start();
  },
  'freeze-node': ({ nodes, loop }, random) => {
    const { process } = random.pick(nodes);
    process.isFrozen = true;
    return () => loop.thaw(process);
  },
  'clock-back': ({ nodes }, random) => {
    const node = random.pick(nodes);
    node.setClock(-random.int(1_000, 600_000));
    return () => node.setClock(0);
  },

  // ---- clients ----
  'crash-client': ({ drivers }, random) => {
    const driver = random.pick(drivers);
    driver.crash();
    return () => driver.wake();
  },
  'sleep-client': ({ drivers }, random) => {
    const driver = random.pick(drivers);
    void driver.sleep();
    return () => driver.wake();
  },
  'forget-client': ({ drivers }, random) => {
    const driver = random.pick(drivers);
    driver.forget();
    return () => driver.wake();
  },
  'reload-tab': ({ drivers }, random) => {
    const tab = pick(
      drivers.filter(({ plan }) => plan.isTab),
      random,
    );
    tab?.crash();
    return () => tab?.wake();
  },
  'freeze-client': ({ drivers, loop }, random) => {
    const { process } = random.pick(drivers);
    process.isFrozen = true;
    return () => loop.thaw(process);
  },

  // ---- the broker ----
  'lose-hints': ({ bus }, random) =>
    bus.worsen({ loss: random.pick([0.1, 0.5, 1]), duplication: 0.3 }),
  'slow-broker': ({ bus }, random) => bus.worsen({ min: 0, max: random.int(50, 800) }),
  'broker-away': ({ bus }) => {
    bus.disconnect();
    return () => bus.reconnect();
  },

  // ---- the database ----
  'crash-database': ({ database }) => {
    database.crash();
    return () => database.restart();
  },
  'restore-database': ({ database, nodes, restored }) => {
    for (const node of nodes) node.killAll();
    restored(database.restore());
    return () => {
      database.restart();
      for (const node of nodes) node.start();
    };
  },
  'lose-database': ({ database }, random) => {
    database.cutConnections(random.pick([0.3, 1]));
    return nothing;
  },
  'lose-commit': ({ database }, random) => {
    database.loseCommits(random.pick([0.2, 0.6]));
    return () => database.loseCommits(0);
  },
  'slow-database': ({ database }, random) => {
    database.setSlowness(random.int(5, 40));
    return () => database.setSlowness(1);
  },
  'fail-writes': ({ database }, random) => {
    database.failWrites(random.pick([0.2, 1]));
    return () => database.failWrites(0);
  },
  'hold-lock': ({ database, conversations }, random) =>
    database.holdLock(streamOfConversation(random.pick(conversations))),
};

function pick<T>(items: Iterable<T>, random: Random): T | undefined {
  const list = [...items];
  return list[Math.floor(random.next() * list.length)];
}
