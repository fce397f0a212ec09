import { type FieldError, type Refusal, refusal } from '@parley/protocol';

/** Which names of a new or renamed account others already have. */
export interface AccountConflicts {
  /** `same` as another username, or `alike`: easily confused with one. */
  readonly username: 'same' | 'alike' | null;
  /** Whether another account has the address. */
  readonly email: boolean;
}

/** Returns an error for each field in conflict. */
export function conflictErrors({ username, email }: AccountConflicts): FieldError[] {
  const errors: FieldError[] = [];
  if (username === 'same') errors.push(entry('username', 'username_taken'));
  if (username === 'alike') {
    const message = 'This username is too similar to one that is taken';
    errors.push({ ...entry('username', 'username_taken'), message });
  }
  if (email) errors.push(entry('email', 'email_taken'));
  return errors;
}

/** Returns the refusal with those errors, with the code of the first; null when there are none. */
export function conflictRefusal(errors: readonly FieldError[]): Refusal | null {
  const [first] = errors;
  if (!first) return null;
  return refusal(first.code === 'email_taken' ? 'email_taken' : 'username_taken', undefined, {
    errors,
  });
}

function entry(field: string, code: 'username_taken' | 'email_taken'): FieldError {
  return { field, code, message: refusal(code).message };
}
