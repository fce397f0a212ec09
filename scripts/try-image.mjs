// Executes the Dockerfile without Docker, and tries the result. Each stage is an overlay over the stage
// below it; the lowest is this machine’s own system, in place of the base image. The last stage then
// runs as Docker would run it: as its user, without capabilities, its root read-only, with an empty
// folder for each volume.
//
// This does not show whether the base image has what this machine has, nor what Docker itself does.
// Linux and root only.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './run.mjs';

if (process.argv[2] !== '--inside') {
  // Mounts of this namespace end with it.
  const dir = mkdtempSync(join(tmpdir(), 'parley-image-'));
  const done = spawnSync(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      process.execPath,
      import.meta.filename,
      '--inside',
      dir,
    ],
    { stdio: 'inherit' },
  );
  rmSync(dir, { recursive: true, force: true });
  process.exit(done.status ?? 1);
}

const dir = process.argv[3];
// A separate file system: the layers must not be in the system that is the lowest of them.
mount('-t', 'tmpfs', 'tmpfs', dir);
const stages = new Map();
const instructions = parse(readFileSync(join(root, 'Dockerfile'), 'utf8'));
let stage;
for (const [index, { name, args }] of instructions.entries()) {
  if (name === 'ARG') continue; // digests of images: this system stands in for them
  if (name === 'FROM') stage = begin(args.replace(/\$\{NODE_DIGEST\}/, ''), index);
  else if (stage.name === 'test')
    continue; // wants the base image's own package lists
  else carryOut(stage, name, args);
}
await tryOut(stage);

/** Returns the instructions of a Dockerfile, in order; a backslash at the end continues a line. */
function parse(text) {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n/g, ' ');
  return joined.split('\n').flatMap((line) => {
    const [, name, args] = /^\s*([A-Z]+)\s+(.*\S)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, args }];
  });
}

function begin(args, index) {
  const [from, , name = `stage${index}`] = args.split(/\s+/);
  const below = stages.get(from);
  console.log(`stage ${name}, on ${below ? below.name : `this system, in place of ${from}`}`);
  const layers = [...(below?.layers ?? ['/'])];
  const [upper, work, merged] = ['upper', 'work', 'merged'].map((kind) => {
    const path = join(dir, name, kind);
    mkdirSync(path, { recursive: true });
    return path;
  });
  mount(
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`,
    merged,
  );
  for (const path of ['/proc', '/dev', '/sys']) mount('--rbind', path, join(merged, path));
  const made = {
    name,
    merged,
    upper,
    layers: [upper, ...layers],
    env: { ...below?.env },
    dir: below?.dir ?? '/',
    user: 'root',
    volumes: [],
  };
  stages.set(name, made);
  // The official Node.js images have this user.
  if (!below && within(made, ['/bin/sh', '-c', 'id node >/dev/null 2>&1']).status !== 0) {
    within(made, ['useradd', '--uid', '10001', '--user-group', 'node']);
  }
  return made;
}

function mount(...args) {
  const done = spawnSync('mount', args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`mount ${args.join(' ')}: ${done.stderr}`);
}

function carryOut(to, name, args) {
  if (name === 'WORKDIR') {
    to.dir = resolve(to.dir, args);
    mkdirSync(join(to.merged, to.dir), { recursive: true });
  } else if (name === 'ENV') {
    for (const pair of args.split(/\s+/)) {
      const [key, value] = pair.split('=');
      to.env[key] = value;
    }
  } else if (name === 'RUN') {
    console.log(`  RUN ${args.replaceAll(/\s+/g, ' ')}`);
    const done = within(to, ['/bin/sh', '-c', args]);
    if (done.status !== 0) throw new Error(`RUN exited with ${done.status}`);
  } else if (name === 'COPY') copy(to, args);
  else if (name === 'USER') to.user = args;
  else if (name === 'VOLUME') to.volumes.push(args);
  else if (name === 'ENTRYPOINT') to.entrypoint = JSON.parse(args);
  else if (name === 'CMD') to.command = JSON.parse(args);
  else if (name === 'HEALTHCHECK') to.health = JSON.parse(args.slice(args.indexOf('[')));
  else if (!['LABEL', 'EXPOSE', 'STOPSIGNAL'].includes(name))
    throw new Error(`Unsupported instruction: ${name}`);
}

/** Runs a program in a stage, as root. */
function within(to, command) {
  return spawnSync('chroot', [to.merged, '/usr/bin/env', '-C', to.dir, ...command], {
    stdio: 'inherit',
    env: { ...process.env, ...to.env },
  });
}

function copy(to, args) {
  const parts = args.split(/\s+/);
  const option = (key) => parts.find((part) => part.startsWith(`--${key}=`))?.split('=')[1];
  const paths = parts.filter((part) => !part.startsWith('--'));
  const target = paths.pop();
  const from = option('from');
  const base = from === undefined ? root : stages.get(from).merged;
  const ignored = from === undefined ? readIgnored() : () => false;
  for (const path of paths) {
    const source = join(base, path);
    if (!existsSync(source) || (path !== '.' && ignored(path))) {
      throw new Error(`COPY: ${path} not found`);
    }
    const place = join(to.merged, resolve(to.dir, target));
    if (statSync(source).isDirectory()) {
      mkdirSync(place, { recursive: true });
      cpSync(source, place, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => !ignored(relative(base, file)),
      });
    } else {
      const file = target.endsWith('/') ? join(place, basename(path)) : place;
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(source, file);
      const mode = option('chmod');
      if (mode !== undefined) chmodSync(file, Number.parseInt(mode, 8));
    }
  }
}

/** Matches .dockerignore, as far as it is used here: names, `*` within a name, a leading `**`. */
function readIgnored() {
  const patterns = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const anywhere = line.startsWith('**/');
      const name = line.replace('**/', '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
      return new RegExp(`^${anywhere ? '(.*/)?' : ''}${name}(/|$)`);
    });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

/** Runs the image: starts it, sends requests, backs it up, stops it. */
async function tryOut(image) {
  const bytes = Number(
    spawnSync('du', ['-sb', image.upper], { encoding: 'utf8' }).stdout.split('\t')[0],
  );
  console.log(`The image adds ${Math.round(bytes / 1e6)} MB to its base`);
  const owner = statSync(join(image.merged, image.volumes[0]));
  if (owner.uid === 0) throw new Error(`${image.volumes[0]} belongs to root`);
  // The base image’s user may have another number than this system’s.
  for (const path of image.volumes) {
    const volume = join(dir, 'volume', path);
    mkdirSync(volume, { recursive: true, mode: 0o700 });
    chownSync(volume, owner.uid, owner.gid);
    mount('--bind', volume, join(image.merged, path));
  }
  mount('-t', 'tmpfs', 'tmpfs', join(image.merged, 'tmp'));
  mount('-o', 'remount,ro', image.merged);
  const port = 20_000 + (process.pid % 10_000);
  const command = [
    ...['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'],
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
    ...['/usr/bin/env', '-C', image.dir, '-i', `PATH=${process.env.PATH}`, 'HOME=/'],
    ...Object.entries({ ...image.env, PORT: port }).map(([key, value]) => `${key}=${value}`),
  ];
  const start = (args) =>
    spawn('chroot', [image.merged, ...command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const run = async (args) => {
    const child = start(args);
    child.stdout.resume();
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}`);
  };

  const server = start([...image.entrypoint, ...image.command]);
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      console.log(`  ${line}`);
      if (line.startsWith('Parley is ready')) break;
    }
    await run(image.health);
    const url = `http://127.0.0.1:${port}`;
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    const html = await page.text();
    if (!page.ok || !html.includes('<script')) {
      throw new Error(`The web client is not served: ${page.status} ${html.slice(0, 300)}`);
    }
    for (const path of ['/docs', '/docs/protocol']) {
      if (!(await fetch(`${url}${path}`)).ok) throw new Error(`${path} is not served`);
    }
    const account = {
      username: 'ann',
      displayName: 'Ann',
      email: 'ann@example.org',
      password: 'correct horse battery',
    };
    const made = await fetch(`${url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'parley-session': 'token' },
      body: JSON.stringify(account),
    });
    if (made.status !== 201) throw new Error(`register: ${made.status} ${await made.text()}`);
    await run([...image.entrypoint, 'backup', `${image.volumes[0]}/backups/one.tar.gz`]);
  } finally {
    server.kill('SIGTERM');
  }
  const [code] = await once(server, 'exit');
  if (code !== 0) throw new Error(`The stopped server exited with ${code}`);
  console.log(
    `The image starts, serves requests, is healthy, writes a backup, and exits with 0. /data contains: ${readdirSync(join(image.merged, 'data')).join(' ')}`,
  );
}
