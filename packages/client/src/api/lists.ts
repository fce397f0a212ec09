/** Selects which part of a list is returned. */
export interface ListRequest {
  readonly search?: string;
  readonly limit?: number;
  /** `next` of the previous page. */
  readonly after?: string;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}
