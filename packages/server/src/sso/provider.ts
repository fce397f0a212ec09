import type { Configuration } from 'openid-client';
import type { Config } from '../config/config.ts';

/** The provider of the settings. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The values by which the answer of the provider is matched to a login. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A user as the provider identifies them. */
export interface ProviderUser {
  readonly issuer: string;
  readonly subject: string;
  /** The email address, and whether the provider has verified it. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
}

/**
 * Returns the provider of the settings; null without one.
 * @throws with a message for the operator when a setting is missing
 */
export function providerOf(config: Config): Provider | null {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret } = config;
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return null;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    throw new Error(
      'Single sign-on needs OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, all three.',
    );
  }
  return new Provider({ issuer, clientId, clientSecret });
}

/** Loaded with the first login: most servers have no provider. */
const openId = () => import('openid-client');

/** Requests to the provider time out after this, s. */
const TIMEOUT_S = 10;

/**
 * An OpenID Connect provider: the authorization code flow with PKCE (RFC 7636), state and nonce
 * (OpenID Connect Core §3.1). Its metadata is fetched with the first login.
 */
export class Provider {
  readonly #settings: ProviderSettings;
  #configuration: Promise<Configuration> | null = null;

  constructor(settings: ProviderSettings) {
    this.#settings = settings;
  }

  /** Returns the URL to redirect the browser to, and the flow that its answer must match. */
  async begin(redirectUri: string): Promise<{ url: URL; flow: Flow }> {
    const configuration = await this.#discovered();
    const oidc = await openId();
    const flow = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
    return { url, flow };
  }

  /**
   * Returns the user that the callback `url` identifies.
   * @throws when it does not match the flow, or identifies no user
   */
  async finish(url: URL, flow: Flow): Promise<ProviderUser> {
    const configuration = await this.#discovered();
    const oidc = await openId();
    const tokens = await oidc.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: flow.verifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new Error('The provider has sent no ID token');
    // Providers may return claims only from their userinfo endpoint.
    const more =
      claims.email === undefined && configuration.serverMetadata().userinfo_endpoint
        ? await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
        : {};
    const all: Record<string, unknown> = { ...more, ...claims };
    return {
      issuer: claims.iss,
      subject: claims.sub,
      email: textOf(all.email),
      emailVerified: all.email_verified === true,
      username: textOf(all.preferred_username),
      name: textOf(all.name),
    };
  }

  #discovered(): Promise<Configuration> {
    if (this.#configuration) return this.#configuration;
    const discovery = this.#discover();
    this.#configuration = discovery;
    // The next login retries.
    discovery.catch(() => {
      this.#configuration = null;
    });
    return discovery;
  }

  async #discover(): Promise<Configuration> {
    const { allowInsecureRequests, discovery } = await openId();
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    return discovery(url, clientId, clientSecret, undefined, {
      timeout: TIMEOUT_S,
      // The setting allows only https, and http on this machine.
      execute: url.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
  }
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
