// npm run check:deploy [-- --image]: checks each deployment file with the program that it is for, where
// this machine has that program, and lists what was not checked.
//
// With --image, the Dockerfile is executed as well (scripts/try-image.mjs), which takes a minute or two.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.mjs';

const PROFILES = ['dev', 'test', 'app', 'full'];
const dir = mkdtempSync(join(tmpdir(), 'parley-deploy-'));
let failed = 0;

/** Runs a check that returns undefined (passed) or a string (why it was skipped), or throws. */
function check(name, run) {
  try {
    const skipped = run();
    console.log(
      `${skipped === undefined ? 'ok      ' : 'skipped '} ${name}${skipped === undefined ? '' : `: ${skipped}`}`,
    );
  } catch (error) {
    failed += 1;
    console.log(`FAILED   ${name}\n${error.message.trim().replace(/^/gm, '         ')}`);
  }
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${done.stdout}${done.stderr}`);
  return `${done.stdout}${done.stderr}`;
}

function has(command, ...args) {
  const done = spawnSync(command, args, { stdio: 'ignore' });
  return done.error === undefined && done.status === 0;
}

function compose() {
  if (has('docker', 'compose', 'version')) return ['docker', 'compose'];
  if (has('docker-compose', 'version')) return ['docker-compose'];
  return undefined;
}

/** Settings of other programs. */
const FOREIGN = /^(POSTGRES_|DOMAIN$|UPSTREAMS$|NODE_EXTRA_CA_CERTS$)/;
/** Fails for a misspelled setting, which would be ignored silently. */
function known(name) {
  const all = readFileSync(join(root, '.env.example'), 'utf8');
  const plain = name.replace(/_FILE$/, '');
  if (!FOREIGN.test(name) && !all.includes(`#${plain}=`))
    throw new Error(`Unknown setting: ${name}`);
}

check('compose.yaml', () => {
  const [command, ...args] = compose() ?? [];
  if (command === undefined) return 'there is no docker compose';
  const profiles = PROFILES.flatMap((profile) => ['--profile', profile]);
  const text = run(command, [...args, ...profiles, 'config']);
  for (const setting of text.match(/^ {6}[A-Z][A-Z_]+(?=:)/gm) ?? []) known(setting.trim());
  return undefined;
});

check('docs/deploy/nginx.conf', () => {
  if (!has('nginx', '-v')) return 'there is no nginx';
  if (!has('openssl', 'version')) return 'there is no openssl';
  const [key, cert] = [join(dir, 'privkey.pem'), join(dir, 'fullchain.pem')];
  run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=chat.example.org', '-keyout', key, '-out', cert],
  ]);
  const site = readFileSync(join(root, 'docs/deploy/nginx.conf'), 'utf8');
  writeFileSync(join(dir, 'site.conf'), site.replaceAll('/etc/ssl/parley', dir));
  const conf = join(dir, 'nginx.conf');
  writeFileSync(
    conf,
    `pid ${dir}/nginx.pid; error_log stderr; events {} http { access_log off; include ${dir}/site.conf; }`,
  );
  const said = run('nginx', ['-t', '-p', dir, '-c', conf]);
  if (/\[warn\]/.test(said)) throw new Error(said);
  return undefined;
});

check('docs/deploy/Caddyfile', () => {
  if (!has('caddy', 'version')) return 'there is no caddy';
  const file = join(dir, 'Caddyfile');
  copyFileSync(join(root, 'docs/deploy/Caddyfile'), file);
  const env = {
    ...process.env,
    HOME: dir,
    DOMAIN: 'localhost',
    UPSTREAMS: 'node1:3000 node2:3000',
  };
  const args = ['--config', file, '--adapter', 'caddyfile'];
  run('caddy', ['validate', ...args], { env });
  const upstreams = run('caddy', ['adapt', ...args], { env });
  if (!/node1:3000.*node2:3000/s.test(upstreams))
    throw new Error('It does not list both upstreams');
  return undefined;
});

check('docs/deploy: the units of systemd', () => {
  if (!has('systemd-analyze', '--version')) return 'there is no systemd-analyze';
  const units = readdirSync(join(root, 'docs/deploy')).filter((name) =>
    /\.(service|timer)$/.test(name),
  );
  const paths = units.map((name) => {
    // The programs that they name are installed elsewhere on this machine.
    const unit = readFileSync(join(root, 'docs/deploy', name), 'utf8')
      .replace('/usr/bin/node', process.execPath)
      .replaceAll('/opt/parley', root.replace(/\/$/, ''));
    const path = join(dir, name);
    writeFileSync(path, unit);
    return path;
  });
  const said = run('systemd-analyze', ['verify', '--man=no', ...paths]);
  if (/parley/.test(said)) throw new Error(said);
  return undefined;
});

check('Dockerfile', () => {
  if (!process.argv.includes('--image')) return 'it takes longer; asked for by --image';
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !has('unshare', '-m', 'true')) {
    return 'it wants root on Linux, who may make mount namespaces';
  }
  const done = spawnSync(process.execPath, [join(root, 'scripts/try-image.mjs')], {
    stdio: 'inherit',
  });
  if (done.status !== 0) throw new Error('see above');
  return undefined;
});

if (existsSync(dir)) rmSync(dir, { recursive: true });
process.exitCode = failed === 0 ? 0 : 1;
