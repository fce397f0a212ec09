import { ApiError } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { wordsFor } from '../lib/words.ts';

/**
 * A form of text fields: what is typed, what is wrong beside each field, and what is wrong with the
 * whole. After a refusal the first wrong field has the focus.
 */
export function useForm<Name extends string>(
  names: readonly Name[],
  submit: (values: Record<Name, string>) => Promise<void>,
) {
  const [errors, setErrors] = useState<Partial<Record<Name, string>>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
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
      await submit(values);
    } catch (error) {
      const found: Partial<Record<Name, string>> = {};
      if (error instanceof ApiError) {
        for (const { field, message } of error.errors) {
          if (names.includes(field as Name)) found[field as Name] = message;
        }
      }
      setErrors(found);
      const first = names.find((n) => found[n] !== undefined);
      if (first) form.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
      else setProblem(wordsFor(error));
    } finally {
      setBusy(false);
    }
  };
  return { errors, problem, busy, onSubmit };
}
