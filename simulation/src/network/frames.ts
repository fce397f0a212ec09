/** Reads the unmasked text frames of a server (RFC 6455 §5.2), which may arrive in parts. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the texts of the frames that these bytes complete. */
  read(bytes: Buffer): string[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const texts: string[] = [];
    let at = 0;
    while (all.length - at >= 2) {
      const short = (all[at + 1] as number) & 0x7f;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (all.length - at < header) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? all.readUInt16BE(at + 2)
            : Number(all.readBigUInt64BE(at + 2));
      if (all.length - at < header + length) break;
      texts.push(all.toString('utf8', at + header, at + header + length));
      at += header + length;
    }
    this.#rest = all.subarray(at);
    return texts;
  }
}
