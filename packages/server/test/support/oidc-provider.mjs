// Test program: an OpenID Connect provider on a free port. GET /users?name=…&email=…&verified=…
// creates its users, who log in with their names. Prints its address on standard output.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const redirectUris = process.argv.slice(2);
const users = new Map();
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'parley',
        client_secret: 'a secret of theirs',
        redirect_uris: redirectUris,
      },
    ],
    cookies: { keys: ['only for tests'] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
    },
    // Providers may do this: the claims are at the userinfo endpoint.
    conformIdTokenClaims: true,
    findAccount: (_context, name) => {
      const { email, verified } = users.get(name) ?? {};
      return {
        accountId: name,
        claims: () => ({
          sub: name,
          email,
          email_verified: verified === 'verified',
          name: `${name} of the provider`,
          preferred_username: name,
        }),
      };
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer);
    if (pathname !== '/users') return answer(request, response);
    const { name, ...user } = Object.fromEntries(searchParams);
    users.set(name, user);
    return response.end();
  });
  console.log(issuer);
});
