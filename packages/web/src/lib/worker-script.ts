/** The part of the Trusted Types API that is used here; TypeScript does not describe it yet. */
interface TrustedPolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL: (url: string) => string };
}

let trust: ((url: string) => string) | null = null;

/**
 * Returns the URL of a worker's script as a TrustedScriptURL, which the Content Security Policy requires.
 * @throws TypeError for a script of another origin
 */
export function workerScript(url: string): string {
  trust ??= policy();
  return trust(url);
}

function policy(): (url: string) => string {
  const { trustedTypes } = window as { trustedTypes?: TrustedPolicies };
  const createScriptURL = (url: string): string => {
    if (new URL(url, location.href).origin === location.origin) return url;
    throw new TypeError('A worker’s script must be of the same origin');
  };
  if (!trustedTypes) return createScriptURL;
  const scriptPolicy = trustedTypes.createPolicy('parley-worker', { createScriptURL });
  return (url) => scriptPolicy.createScriptURL(url);
}
