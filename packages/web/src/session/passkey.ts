import type { PasskeyOptions, PasskeyResponse } from '@parley/protocol';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { loadPart } from '../lib/load-error.ts';
import { t } from '../texts/index.ts';

/** Returns whether passkeys work here: they need HTTPS or localhost, and a domain name instead of an IP address. */
export const hasPasskeys = (): boolean =>
  'PublicKeyCredential' in window && isSecureContext && !/^[\d.]+$|:/.test(location.hostname);

/** The user canceled the browser’s passkey dialog, or it timed out. */
export class PasskeyCanceled extends Error {
  override name = 'PasskeyCanceled';
}

/** Prompts for an existing passkey in the browser’s dialog. */
export async function promptForPasskey(options: PasskeyOptions): Promise<PasskeyResponse> {
  const { startAuthentication } = await loadPart(() => import('@simplewebauthn/browser'));
  // The server creates the options with the same library; the protocol passes them through unchanged.
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return (await cancelable(startAuthentication({ optionsJSON }))) as unknown as PasskeyResponse;
}

/** Creates a passkey in the browser’s dialog. */
export async function createPasskey(options: PasskeyOptions): Promise<PasskeyResponse> {
  const { startRegistration } = await loadPart(() => import('@simplewebauthn/browser'));
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return (await cancelable(startRegistration({ optionsJSON }))) as unknown as PasskeyResponse;
}

async function cancelable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { name, cause } = error as Error & { cause?: Error };
    if ([name, cause?.name].some((n) => n === 'NotAllowedError' || n === 'AbortError')) {
      throw new PasskeyCanceled(t('passkeys.noneChosen'), { cause: error });
    }
    if (name === 'InvalidStateError' || cause?.name === 'InvalidStateError') {
      throw new Error(t('passkeys.alreadyHere'), { cause: error });
    }
    throw error;
  }
}
