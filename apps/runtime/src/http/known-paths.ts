import type { FastifyInstance } from 'fastify';

interface KnownPath {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** Paths that the server has routes for, so that a wrong method is told from a wrong path. */
export class KnownPaths {
  readonly #paths = new Map<string, KnownPath>();

  /** Hears of every route that is registered from now on. */
  listenTo(server: FastifyInstance): void {
    server.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) this.add(one, url);
    });
  }

  add(method: string, url: string): void {
    const known = this.#paths.get(url) ?? { segments: url.split('/'), methods: new Set() };
    known.methods.add(method);
    this.#paths.set(url, known);
  }

  /** Methods that a path takes, in alphabetical order; empty for a path that is not there. */
  methodsOf(path: string): readonly string[] {
    const given = path.split('/');
    const methods = [...this.#paths.values()]
      .filter(({ segments }) => matches(segments, given))
      .flatMap((known) => [...known.methods]);
    return [...new Set(methods)].sort();
  }
}

/** The path of a target as the router reads it. */
export const pathOf = (url: string): string => decodeURI(url.split(/[?#]/, 1)[0] as string);

const matches = (segments: readonly string[], given: readonly string[]): boolean =>
  segments.length === given.length &&
  segments.every((segment, index) => (segment.startsWith(':') ? given[index] !== '' : segment === given[index]));
