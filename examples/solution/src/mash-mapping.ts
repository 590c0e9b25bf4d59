export interface ProfiledColumn {
  readonly name: string;
  readonly type: string;
  readonly distinct: number;
  readonly count: number;
}

/** What the analysis of one source found. */
export interface SourceProfile {
  readonly source: string;
  readonly analysisId: string;
  readonly recordCount: number;
  readonly columns: readonly ProfiledColumn[];
}

export interface MappedColumn {
  /** The name, without case and separators. */
  readonly meaning: string;
  readonly columns: readonly { readonly source: string; readonly column: string; readonly type: string }[];
  /** The types agree. */
  readonly compatible: boolean;
  /** Every source has one value per record in it: a candidate to join by. */
  readonly key: boolean;
}

/** Nothing but separators goes: any other character tells columns apart, in whatever script. */
const meaningOf = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_.\-/]+/g, '');

/** Columns that two or more sources have in common, by name; in order of names. */
export function mappingOf(profiles: readonly SourceProfile[]): readonly MappedColumn[] {
  const byMeaning = new Map<string, { profile: SourceProfile; column: ProfiledColumn }[]>();
  for (const profile of profiles)
    for (const column of profile.columns) {
      const meaning = meaningOf(column.name);
      if (meaning === '') continue;
      byMeaning.set(meaning, [...(byMeaning.get(meaning) ?? []), { profile, column }]);
    }
  return [...byMeaning]
    .filter(([, found]) => new Set(found.map(({ profile }) => profile.source)).size > 1)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([meaning, found]) => ({
      meaning,
      columns: found.map(({ profile, column }) => ({
        source: profile.source,
        column: column.name,
        type: column.type,
      })),
      compatible: new Set(found.map(({ column }) => column.type)).size === 1,
      key: found.every(({ profile, column }) => column.distinct === profile.recordCount && profile.recordCount > 0),
    }));
}
