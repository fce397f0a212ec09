/** A simulated process: a node, a client, the database, or the network between them. */
export class Process {
  readonly name: string;
  /** False once it was killed: it does nothing from then on. */
  isAlive = true;
  /** While it is frozen, what should happen is kept in `missed`. */
  isFrozen = false;
  readonly missed: (() => void)[] = [];
  /** How far its wall clock is off, ms. */
  clockOffsetMs = 0;

  constructor(name: string) {
    this.name = name;
  }
}
