import type { PasskeyOptions, PasskeyResponse } from '@parley/protocol';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { loadPart } from '../lib/load-error.ts';

/** Whether this browser has passkeys here: they need https or localhost, and a name, not a number. */
export const hasPasskeys = (): boolean =>
  'PublicKeyCredential' in window && isSecureContext && !/^[\d.]+$|:/.test(location.hostname);

/** The person has closed the browser’s window, or let it run out. */
export class PasskeyCancelled extends Error {
  override name = 'PasskeyCancelled';
}

/** Asks the browser for a passkey that it has. */
export async function askPasskey(options: PasskeyOptions): Promise<PasskeyResponse> {
  const { startAuthentication } = await loadPart(() => import('@simplewebauthn/browser'));
  // The server makes these with the same library; the protocol hands them through as they are.
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return (await cancellable(startAuthentication({ optionsJSON }))) as unknown as PasskeyResponse;
}

/** Asks the browser to make a passkey. */
export async function makePasskey(options: PasskeyOptions): Promise<PasskeyResponse> {
  const { startRegistration } = await loadPart(() => import('@simplewebauthn/browser'));
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return (await cancellable(startRegistration({ optionsJSON }))) as unknown as PasskeyResponse;
}

async function cancellable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { name, cause } = error as Error & { cause?: Error };
    if ([name, cause?.name].some((n) => n === 'NotAllowedError' || n === 'AbortError')) {
      throw new PasskeyCancelled('No passkey was chosen.', { cause: error });
    }
    if (name === 'InvalidStateError' || cause?.name === 'InvalidStateError') {
      throw new Error('This device has a passkey for your account already.', { cause: error });
    }
    throw error;
  }
}
