import { type Refusal, refusal, type Scope } from '@parley/protocol';

/** Returns why an API key lacks a scope; null if it has it, and for users. */
export function refusalOfScope(
  scope: Scope | null,
  caller: { readonly scopes?: ReadonlySet<Scope> | undefined },
): Refusal | null {
  if (!caller.scopes || (scope !== null && caller.scopes.has(scope))) return null;
  if (scope === null) return refusal('forbidden', 'API keys can’t do that');
  return refusal('insufficient_scope', `This API key lacks the scope ${scope}`);
}
