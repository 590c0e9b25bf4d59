type Named<T> = Readonly<Record<string, T>>;

/** How a fold extends the lists and maps of a state: each member gives one with the change made. */
export interface Growth {
  append<T>(list: readonly T[], item: T): T[];
  put<T>(map: Named<T>, key: string, value: T): Named<T>;
  without<T>(map: Named<T>, key: string): Named<T>;
}

/** For a state that somebody goes on using: what it holds is copied. */
export const COPYING: Growth = {
  append: (list, item) => [...list, item],
  put: (map, key, value) => ({ ...map, [key]: value }),
  without: (map, key) => {
    const { [key]: _left, ...others } = map;
    return others;
  },
};

/**
 * For a fold of many records, whose states on the way nobody sees: what was copied once is extended where it is.
 * Otherwise a list of thousands would be copied for each of its items.
 */
export function growingInPlace(): Growth {
  const own = new WeakSet<object>();
  const owned = <C extends object>(container: C): C => {
    own.add(container);
    return container;
  };
  return {
    append: (list, item) => {
      if (!own.has(list)) return owned(COPYING.append(list, item));
      const grown = list as (typeof item)[];
      grown.push(item);
      return grown;
    },
    put: (map, key, value) => {
      if (!own.has(map)) return owned(COPYING.put(map, key, value));
      (map as Record<string, typeof value>)[key] = value;
      return map;
    },
    without: (map, key) => {
      if (!own.has(map)) return owned(COPYING.without(map, key));
      delete (map as Record<string, unknown>)[key];
      return map;
    },
  };
}
