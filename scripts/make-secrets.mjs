// Creates the secrets that compose.yaml passes to its containers, in secrets/: the server’s secret, the
// password of the database and its address with it, and the same for Redis, with a certificate.
// Existing secrets are kept.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

// Another folder may be named, for a trial.
const dir = process.argv[2] ?? join(root, 'secrets');
mkdirSync(dir, { recursive: true, mode: 0o700 });

/** Returns a secret, creating it if it does not exist. */
function secret(name, make) {
  const path = join(dir, name);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const value = make();
  // Readable for all who can enter the folder, which is its owner alone. The containers get the files
  // themselves, and run as another user.
  writeFileSync(path, `${value}\n`, { mode: 0o644, flag: 'wx' });
  console.log(`Created secrets/${name}`);
  return value;
}

secret('parley_secret', () => randomBytes(32).toString('base64url'));
const password = secret('database_password', () => randomBytes(24).toString('base64url'));
secret('database_url', () => `postgres://parley:${password}@db:5432/parley`);

const redisPassword = secret('redis_password', () => randomBytes(24).toString('base64url'));
secret('redis_url', () => `rediss://:${redisPassword}@redis:6379`);
secret('redis_conf', () =>
  [
    '# TLS only, with a password, and nothing kept on disk.',
    'port 0',
    'tls-port 6379',
    'tls-cert-file /run/secrets/redis_cert',
    'tls-key-file /run/secrets/redis_key',
    'tls-auth-clients no',
    `requirepass ${redisPassword}`,
    'save ""',
    'appendonly no',
  ].join('\n'),
);
makeCertificate();

/** Creates a certificate authority and one certificate, for the host name of Redis. */
function makeCertificate() {
  const at = (name) => join(dir, name);
  if (existsSync(at('redis.crt'))) return;
  const openssl = (...args) => {
    const { status, error, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
    if (error || status !== 0) {
      throw new Error(`openssl could not create the certificate for Redis: ${error ?? stderr}`);
    }
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-x509', '-subj', '/CN=Parley Redis CA', '-days', '3650'];
  openssl('req', ...key, ...ca, '-keyout', 'redis_ca.key', '-out', 'redis_ca.crt');
  openssl('req', ...key, '-subj', '/CN=redis', '-keyout', 'redis.key', '-out', 'redis.csr');
  writeFileSync(at('redis.ext'), 'subjectAltName=DNS:redis,DNS:localhost,IP:127.0.0.1\n');
  const signed = ['-CA', 'redis_ca.crt', '-CAkey', 'redis_ca.key', '-CAcreateserial'];
  openssl(
    ...['x509', '-req', '-in', 'redis.csr', ...signed, '-days', '3650'],
    ...['-extfile', 'redis.ext', '-out', 'redis.crt'],
  );
  // The authority signs nothing else: without its key, no one can impersonate Redis.
  for (const name of ['redis_ca.key', 'redis_ca.srl', 'redis.csr', 'redis.ext']) {
    rmSync(at(name), { force: true });
  }
  for (const name of ['redis.key', 'redis.crt', 'redis_ca.crt']) chmodSync(at(name), 0o644);
  console.log('Created secrets/redis.crt');
}
