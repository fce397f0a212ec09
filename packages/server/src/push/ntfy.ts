import type { PushContent } from './content.ts';
import type { PushRequest } from './requests.ts';

/** Requests that publish to a topic of an ntfy server, as JSON (https://docs.ntfy.sh/publish/#publish-as-json). */

/** A topic of an ntfy server. */
export interface TopicAddress {
  /** The server and the topic, such as `https://ntfy.sh/my-topic`. */
  readonly url: string;
  readonly token: string | null;
}

/** Priorities of ntfy: 3 is the default, 4 is high. */
const DEFAULT = 3;
const HIGH = 4;

/** Returns the topic and the server of a URL; null if it has no topic. */
export function topicOf(url: string): { server: string; topic: string } | null {
  const parsed = new URL(url);
  const parts = parsed.pathname.split('/');
  const topic = parts.pop() ?? '';
  // What ntfy accepts as a topic.
  if (!/^[\w-]{1,64}$/.test(topic)) return null;
  return { server: `${parsed.origin}${parts.join('/')}/`, topic };
}

/** Returns the request that publishes a notification; tapping it opens `click`. */
export function ntfyRequest(
  to: TopicAddress,
  content: Pick<PushContent, 'title' | 'body' | 'isUrgent'>,
  click: string,
): PushRequest {
  const at = topicOf(to.url);
  if (!at) throw new Error('A topic was stored without its name');
  return {
    url: at.server,
    headers: {
      'content-type': 'application/json',
      ...(to.token !== null && { authorization: `Bearer ${to.token}` }),
    },
    body: Buffer.from(
      JSON.stringify({
        topic: at.topic,
        title: content.title,
        message: content.body,
        click,
        tags: ['speech_balloon'],
        priority: content.isUrgent ? HIGH : DEFAULT,
      }),
    ),
  };
}
