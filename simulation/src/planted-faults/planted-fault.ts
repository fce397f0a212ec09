/** An edit of a built module, in which `find` occurs exactly once. */
export interface PackageEdit {
  /** Path below packages/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A planted fault. */
export interface PlantedFault {
  readonly description: string;
  /** The rules of the checker, at least one of which must find it. */
  readonly caughtBy: readonly string[];
  readonly edits: readonly PackageEdit[];
  /**
   * The seed from which on tests search for it, if few schedules show it, or the first one violates other rules; 1
   * otherwise.
   */
  readonly seed?: number;
  /** The fault is in the store of clients: the cursor is stored before the data. */
  readonly cursorFirst?: true;
}
