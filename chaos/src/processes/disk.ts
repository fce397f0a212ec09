import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small file system that can be filled. Linux only, as root. */
export class SmallDisk {
  readonly path: string;
  #mounted = true;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts it; returns the reason if that is impossible. */
  static mount(path: string, megabytes: number): SmallDisk | string {
    if (process.platform !== 'linux') return 'a small file system can be mounted on Linux only';
    if (process.getuid?.() !== 0) return 'mounting a small file system wants root';
    mkdirSync(path, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], {
        stdio: 'pipe',
      });
    } catch (error) {
      return `mount refused: ${error instanceof Error ? error.message : String(error)}`;
    }
    const disk = new SmallDisk(path);
    process.once('exit', () => disk.unmount());
    return disk;
  }

  /** Fills it except for `leave` bytes. */
  fill(leave = 0): void {
    const file = openSync(join(this.path, 'ballast'), 'a');
    const block = Buffer.alloc(256 * 1024);
    try {
      while (leave === 0 || this.free - block.length >= leave) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Returns the free bytes. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Frees the space again. */
  clear(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
  }

  /** Unmounts it and drops its contents. */
  unmount(): void {
    if (!this.#mounted) return;
    this.#mounted = false;
    // Lazily: a process that has just ended may briefly hold a file.
    execFileSync('umount', ['-l', this.path], { stdio: 'pipe' });
  }
}
