import { refusal } from '@parley/protocol';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { pathOf, sendProblem } from '../http/errors.ts';

/** All routes, to distinguish an unknown path (404) from an unsupported method (405). */
export class RouteTable {
  readonly #routes: { pattern: RegExp; methods: Set<string> }[] = [];
  readonly #byUrl = new Map<string, Set<string>>();

  /** Adds a route. */
  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    let methods = this.#byUrl.get(url);
    if (!methods) {
      methods = new Set();
      this.#byUrl.set(url, methods);
      this.#routes.push({ pattern: patternOf(url), methods });
    }
    for (const m of Array.isArray(method) ? method : [method]) methods.add(m);
  }

  /** Returns the methods of a path; empty if the path does not exist. */
  methods(path: string): string[] {
    const all = this.#routes.filter((r) => r.pattern.test(path)).flatMap((r) => [...r.methods]);
    return [...new Set(all)].sort();
  }

  /** Responds to a request without a route: 405 with `Allow`, or 404. */
  refuse(request: FastifyRequest, reply: FastifyReply) {
    const methods = this.methods(pathOf(request));
    if (methods.length === 0) {
      return sendProblem(request, reply, refusal('not_found', 'Page not found'));
    }
    const description = `Allowed methods: ${methods.join(', ')}`;
    return sendProblem(
      request,
      reply.header('allow', methods.join(', ')),
      refusal('method_not_allowed', description),
    );
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}$`);
}
