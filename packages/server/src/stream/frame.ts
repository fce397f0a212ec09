/**
 * Encodes WebSocket frames once, so that the same bytes are written to many sockets.
 *
 * An unmasked, unfragmented text frame of RFC 6455 §5.2: a server never masks, and without
 * compression a frame is the same for every receiver.
 */

/** Encodes a text as one WebSocket text frame. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerLength(length);
  const frame = Buffer.allocUnsafe(header + length);
  writeHeader(frame, 0, length);
  frame.write(text, header);
  return frame;
}

/** Encodes texts as frames, one after the other in a single buffer. */
export function textFrames(texts: readonly string[]): Buffer {
  if (texts.length === 1) return textFrame(texts[0] as string);
  const lengths = texts.map((t) => Buffer.byteLength(t));
  let size = 0;
  for (const length of lengths) size += headerLength(length) + length;
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [i, text] of texts.entries()) {
    const length = lengths[i] as number;
    at = writeHeader(frames, at, length);
    at += frames.write(text, at);
  }
  return frames;
}

function headerLength(payload: number): number {
  if (payload < 126) return 2;
  return payload < 65_536 ? 4 : 10;
}

function writeHeader(to: Buffer, at: number, payload: number): number {
  // FIN and opcode 1, text.
  to[at] = 0x81;
  if (payload < 126) {
    to[at + 1] = payload;
    return at + 2;
  }
  if (payload < 65_536) {
    to[at + 1] = 126;
    return to.writeUInt16BE(payload, at + 2);
  }
  to[at + 1] = 127;
  return to.writeBigUInt64BE(BigInt(payload), at + 2);
}
