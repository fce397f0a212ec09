import type { FastifyReply, FastifyRequest } from 'fastify';

const NAME = 'parley_session';
/**
 * RFC 6265bis §4.1.3.2: a cookie of this name is Secure, has no Domain, and is for this host only.
 */
const HOST_NAME = `__Host-${NAME}`;

/**
 * The session of a browser, in a cookie that scripts cannot read and other sites cannot send. With
 * https its name is one that only https can set.
 */
export class SessionCookie {
  readonly #publicUrl: string | undefined;

  /** `publicUrl` is the setting; without it, the protocol of each request decides. */
  constructor(publicUrl: string | undefined) {
    this.#publicUrl = publicUrl;
  }

  /** Returns the token that the browser sent. */
  read(request: FastifyRequest): string | undefined {
    return request.cookies[this.#isSecure(request) ? HOST_NAME : NAME];
  }

  /** Gives the browser a token, until `expiresAt` (wall clock, ms). */
  set(request: FastifyRequest, reply: FastifyReply, token: string, expiresAt: number): void {
    reply.setCookie(this.#isSecure(request) ? HOST_NAME : NAME, token, {
      ...this.#attributes(request),
      expires: new Date(expiresAt),
    });
  }

  /** Deletes the cookie. */
  clear(request: FastifyRequest, reply: FastifyReply): void {
    // Browsers require the attributes that the cookie was set with.
    reply.clearCookie(this.#isSecure(request) ? HOST_NAME : NAME, this.#attributes(request));
  }

  #attributes(request: FastifyRequest) {
    return {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#isSecure(request),
    } as const;
  }

  #isSecure(request: FastifyRequest): boolean {
    return isSecure(request, this.#publicUrl);
  }
}

/** Returns whether the browser reaches the server by https; `publicUrl` is the setting. */
export function isSecure(request: FastifyRequest, publicUrl: string | undefined): boolean {
  if (publicUrl !== undefined) return publicUrl.startsWith('https:');
  return request.protocol === 'https';
}
