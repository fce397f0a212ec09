import { ClientFrame, ERRORS, type ErrorCode, type Refusal, refusal } from '@parley/protocol';
import type { z } from 'zod';

/** A valid frame, or the refusal to answer with. */
export type ReadFrame =
  | { readonly frame: ClientFrame }
  | { readonly id: string | null; readonly refusal: Refusal };

/** The schema of each kind of frame, by its `op`. */
const SCHEMAS = new Map<unknown, z.ZodType<ClientFrame>>(
  ClientFrame.options.map((schema) => [schema.shape.op.value, schema as z.ZodType<ClientFrame>]),
);

/** Parses and validates a text frame of a client. Unknown fields are ignored. */
export function readFrame(text: string): ReadFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { id: null, refusal: refusal('invalid_json') };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: null, refusal: refusal('invalid', 'A frame must be a JSON object') };
  }
  const { op, id: rawId } = value as { op?: unknown; id?: unknown };
  // An invalid id is returned as well, so that the client can find its command, but not an
  // unbounded one.
  const id = typeof rawId === 'string' && rawId.length <= 64 && rawId.isWellFormed() ? rawId : null;
  const schema = SCHEMAS.get(op);
  if (!schema) return { id, refusal: refusal('unknown_frame') };
  const result = schema.safeParse(value);
  if (result.success) return { frame: result.data };
  return { id, refusal: refusalOf(result.error) };
}

function refusalOf(error: z.ZodError): Refusal {
  const issue = error.issues[0];
  if (!issue) return refusal('invalid');
  const code = issue.code === 'custom' ? (issue.params?.code as string | undefined) : undefined;
  const field = issue.path.join('.');
  return refusal(
    code !== undefined && code in ERRORS ? (code as ErrorCode) : 'invalid',
    field ? `${field}: ${issue.message}` : issue.message,
  );
}
