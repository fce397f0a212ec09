import { refusal } from '@parley/protocol';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { pathOf, sendProblem } from './errors.ts';

/** Knows all routes, to tell a path that is not there from a method that it does not have. */
export class RouteTable {
  readonly #routes: { pattern: RegExp; methods: Set<string> }[] = [];
  readonly #byUrl = new Map<string, Set<string>>();

  /** Takes note of a route. */
  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    let methods = this.#byUrl.get(url);
    if (!methods) {
      methods = new Set();
      this.#byUrl.set(url, methods);
      this.#routes.push({ pattern: patternOf(url), methods });
    }
    for (const m of Array.isArray(method) ? method : [method]) methods.add(m);
  }

  /** The methods that a path has; none where there is no such path. */
  methods(path: string): string[] {
    const all = this.#routes.filter((r) => r.pattern.test(path)).flatMap((r) => [...r.methods]);
    return [...new Set(all)].sort();
  }

  /** Answers a request that no route took: 405 with `Allow`, or 404. */
  refuse(request: FastifyRequest, reply: FastifyReply) {
    const methods = this.methods(pathOf(request));
    if (methods.length === 0) {
      return sendProblem(request, reply, refusal('not_found', 'There is nothing at this address'));
    }
    const description = `It takes ${methods.join(', ')}`;
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
