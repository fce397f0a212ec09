import { ApiError } from '@parley/client';
import { type FormEvent, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { fieldText } from '../texts/index.ts';

/** Error codes that are about one field: shown next to the first of these fields that the form has. */
const FIELDS_OF: Partial<Record<ApiError['code'], readonly string[]>> = {
  incorrect_code: ['code', 'totp', 'recoveryCode'],
  code_expired: ['code'],
  incorrect_password: ['current', 'password'],
  username_taken: ['username'],
  email_taken: ['email'],
  push_address_invalid: ['url'],
};

/** Thrown by the submission of a form: the value of one of its fields can't be submitted. */
export class WrongField extends Error {
  override name = 'WrongField';
  readonly field: string;

  /** `message` is shown next to the field. */
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Handles the submission and the errors of a form of text fields. `errors` belong next to the fields,
 * `problem` above the form, `props` on the form element. A rejected submission focuses the first
 * field with an error; editing a field clears its error. An error in a list, such as `keywords.2`, belongs to its field.
 */
export function useForm<Name extends string>(
  names: readonly Name[],
  submit: (values: Record<Name, string>, data: FormData, form: HTMLFormElement) => Promise<void>,
) {
  // Functions, so that the texts are in the language that is shown when they are rendered.
  const [errors, setErrors] = useState<Partial<Record<Name, () => string>>>({});
  const [problem, setProblem] = useState<(() => string) | null>(null);
  const [busy, setBusy] = useState(false);
  const isSubmitting = useRef(false);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A complete code submits itself; Enter right after it must not submit again.
    if (isSubmitting.current) return;
    isSubmitting.current = true;
    const form = event.currentTarget;
    const data = new FormData(form);
    const values = Object.fromEntries(names.map((n) => [n, String(data.get(n) ?? '')])) as Record<
      Name,
      string
    >;
    setBusy(true);
    setProblem(null);
    setErrors({});
    try {
      await submit(values, data, form);
    } catch (error) {
      const fieldErrors: Partial<Record<Name, () => string>> = {};
      if (error instanceof WrongField) {
        const { message } = error;
        const name = names.find((n) => n === error.field);
        if (name) fieldErrors[name] = () => message;
      } else if (error instanceof ApiError) {
        for (const wrong of error.errors) {
          const name = names.find((n) => wrong.field === n || wrong.field.startsWith(`${n}.`));
          if (name) fieldErrors[name] ??= () => fieldText(wrong);
        }
        const about = names.find((n) => data.has(n) && FIELDS_OF[error.code]?.includes(n));
        if (about && Object.keys(fieldErrors).length === 0)
          fieldErrors[about] = () => errorMessage(error);
      }
      setErrors(fieldErrors);
      const first = names.find((n) => fieldErrors[n] !== undefined);
      if (first) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      else setProblem(() => () => errorMessage(error));
    } finally {
      isSubmitting.current = false;
      setBusy(false);
    }
  };
  const onInput = (event: FormEvent<HTMLFormElement>) => {
    setProblem(null);
    const { name } = event.target as HTMLInputElement;
    setErrors((now) => (now[name as Name] === undefined ? now : { ...now, [name]: undefined }));
  };
  const textOf = (name: Name) => [name, errors[name]?.()] as const;
  const shown = Object.fromEntries(names.map(textOf)) as Partial<Record<Name, string>>;
  return {
    errors: shown,
    problem: problem?.() ?? null,
    busy,
    props: { onSubmit, onInput, noValidate: true },
  };
}
