import {
  CLIENT_OPS,
  ClientFrame,
  ERRORS,
  type ErrorCode,
  type Refusal,
  refusal,
} from '@parley/protocol';
import type { z } from 'zod';

/** A frame that could be read, or what to answer. */
export type ReadFrame =
  | { readonly frame: ClientFrame }
  | { readonly id: string | null; readonly refusal: Refusal };

const schemas = new Map<string, z.ZodType<ClientFrame>>(
  ClientFrame.options.map((schema) => [schema.shape.op.value, schema as z.ZodType<ClientFrame>]),
);

/** Reads a text frame of a client. Unknown fields are ignored, every other fault is named. */
export function readFrame(text: string): ReadFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { id: null, refusal: refusal('invalid_json') };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { id: null, refusal: refusal('invalid', 'A frame is a JSON object') };
  }
  const { op, id: rawId } = value as { op?: unknown; id?: unknown };
  // An id is sent back for whatever the client makes of it, but not at any length.
  const id = typeof rawId === 'string' && rawId.length <= 64 && rawId.isWellFormed() ? rawId : null;
  if (typeof op !== 'string' || !CLIENT_OPS.has(op)) {
    return { id, refusal: refusal('unknown_frame') };
  }
  const result = (schemas.get(op) as z.ZodType<ClientFrame>).safeParse(value);
  if (result.success) return { frame: result.data };
  return { id, refusal: refusalOf(result.error) };
}

function refusalOf(error: z.ZodError): Refusal {
  const issue = error.issues[0];
  if (!issue) return refusal('invalid');
  const own = issue.code === 'custom' ? (issue.params?.code as string | undefined) : undefined;
  const field = issue.path.join('.');
  return refusal(
    own !== undefined && own in ERRORS ? (own as ErrorCode) : 'invalid',
    field ? `${field}: ${issue.message}` : issue.message,
  );
}
