// Writes the digests of the images that compose.yaml names by tag into .env, as NAME_DIGEST=@sha256:…:
// every installation from that file gets the same bytes. Needs Docker and the network. Run it again for
// newer images. The Dockerfile takes the digest of its base the same way: docker build --build-arg
// NODE_DIGEST=@sha256:…
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Names and tags of the images, by the variable for the digest. */
function images() {
  const files = ['compose.yaml', 'Dockerfile'].map((name) =>
    readFileSync(join(root, name), 'utf8'),
  );
  const found = files.flatMap((text) => [
    ...text.matchAll(/(?:image:|FROM) (\S+?)\$\{([A-Z]+_DIGEST)(?::-)?\}/g),
  ]);
  return new Map(found.map(([, image, variable]) => [variable, image]));
}

function digestOf(image) {
  const args = ['buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'];
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  const digest = stdout?.trim();
  if (error || status !== 0 || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`Could not get the digest of ${image}: ${error ?? stderr}`);
  }
  return digest;
}

const file = join(root, '.env');
let text = existsSync(file) ? readFileSync(file, 'utf8') : '';
for (const [variable, image] of images()) {
  const line = `${variable}=@${digestOf(image)}`;
  text = text.replace(new RegExp(`^${variable}=.*\\n?`, 'm'), '');
  if (text !== '' && !text.endsWith('\n')) text += '\n';
  text += `${line}\n`;
  console.log(`${image}: ${line}`);
}
writeFileSync(file, text, { mode: 0o600 });
