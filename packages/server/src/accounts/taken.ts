import { type FieldError, type Refusal, refusal } from '@parley/protocol';

/** What of a registration somebody has already. */
export interface Taken {
  /** `same` as another’s, or `alike`: it could be taken for another’s. */
  readonly username: 'same' | 'alike' | null;
  readonly email: boolean;
}

/** What is said of it, beside its field. */
export function takenErrors({ username, email }: Taken): FieldError[] {
  const errors: FieldError[] = [];
  if (username === 'same') errors.push(entry('username', 'username_taken'));
  if (username === 'alike') {
    const message = 'This username looks like one that is taken';
    errors.push({ ...entry('username', 'username_taken'), message });
  }
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
