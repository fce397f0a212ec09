import { type FieldError, type Refusal, refusal } from '@parley/protocol';

/** What is said, beside its field, of a username or an address that somebody has already. */
export function takenErrors(username: boolean, email: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (username) errors.push(entry('username', 'username_taken'));
  if (email) errors.push(entry('email', 'email_taken'));
  return errors;
}

/** The refusal with those errors, by the code of the first; null when there are none. */
export function takenRefusal(errors: readonly FieldError[]): Refusal | null {
  const [first] = errors;
  if (!first) return null;
  return refusal(first.code === 'email_taken' ? 'email_taken' : 'username_taken', undefined, {
    errors,
  });
}

function entry(field: string, code: 'username_taken' | 'email_taken'): FieldError {
  return { field, code, message: refusal(code).message };
}
