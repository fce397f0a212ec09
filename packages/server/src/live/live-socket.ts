import { WebSocket } from 'ws';

/**
 * The server's end of a WebSocket. It calls {@link onClosing} before the close frame is written, whoever
 * started the close: this node, the client, or `ws` itself after a malformed frame. Nothing may be sent
 * after the close frame (RFC 6455 §5.5.1), so this is the moment to flush and to stop writing.
 */
export class LiveSocket extends WebSocket {
  /** Called once, while the socket can still be written to. */
  onClosing: (() => void) | null = null;

  override close(code?: number, data?: string | Buffer): void {
    const { onClosing } = this;
    this.onClosing = null;
    if (this.readyState === WebSocket.OPEN) onClosing?.();
    super.close(code, data);
  }
}
