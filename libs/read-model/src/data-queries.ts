// Questions about references. In all of them $1 is the tenant and $2 the user to whom they are narrowed, or null; a row that
// is read without both is a hole in the wall between tenants.

const SCOPED = (row: string): string => `${row}."tenant_id" = $1 AND ($2::varchar IS NULL OR ${row}."user_id" = $2)`;

const CHRONOLOGY = (row: string): string =>
  `(${row}."occurred_at", ${row}."partition", ${row}."position", ${row}."seq", ${row}."place")`;

/**
 * A reference is visible when the tenant registered it and, within a user's scope, that user did or was given it. That a
 * participant named it as a source is no standing: participants may name what they like.
 */
const VISIBLE = (reference: string): string => `
  EXISTS (SELECT 1 FROM "read_model"."data_entry" AS registered
    WHERE registered."tenant_id" = $1 AND registered."reference" = ${reference} AND registered."basis" = 'registration')
  AND ($2::varchar IS NULL OR EXISTS (SELECT 1 FROM "read_model"."data_entry" AS standing
    WHERE standing."tenant_id" = $1 AND standing."reference" = ${reference} AND standing."user_id" = $2))`;

/**
 * The content behind an artifact, as its renderings were registered: whoever is given the artifact can read that, too. Of a
 * decision it is what was registered before it.
 */
const BEHIND = (given: string): string => `
  SELECT behind."source", behind."reference" FROM "read_model"."data_source" AS behind
  JOIN "read_model"."data_entry" AS bytes ON bytes."tenant_id" = behind."tenant_id"
    AND bytes."partition" = behind."partition" AND bytes."position" = behind."position" AND bytes."seq" = behind."seq"
    AND bytes."basis" = 'registration' AND bytes."resource_class" = 'content'
  WHERE behind."tenant_id" = $1 AND behind."source" = ${given}."reference"
    AND behind."occurred_at" <= ${given}."occurred_at"`;

/** The registration that a scope sees first: one of the user's own before those of others. */
const FIRST = (reference: string): string => `
  SELECT held.* FROM "read_model"."data_entry" AS held
  WHERE held."tenant_id" = $1 AND held."reference" = ${reference} AND held."basis" = 'registration'
  ORDER BY coalesce(held."user_id" <> $2, false), held."occurred_at", held."partition", held."position", held."seq"
  LIMIT 1`;

/** $3: references. What is described is what was registered last by the same user; when and by which execution, first. */
export const DESCRIBE = `
  SELECT first."reference", first."occurred_at" AS "created_at", first."execution_id", last."resource_class",
    last."content_ref", last."size_bytes", last."columns", last."user_id", last."stream_id", last."seq"
  FROM unnest($3::varchar[]) WITH ORDINALITY AS asked ("reference", "n")
  CROSS JOIN LATERAL (${FIRST('asked."reference"')}) AS first
  CROSS JOIN LATERAL (
    SELECT held.* FROM "read_model"."data_entry" AS held
    WHERE held."tenant_id" = $1 AND held."reference" = first."reference" AND held."user_id" = first."user_id"
      AND held."basis" = 'registration'
    ORDER BY held."occurred_at" DESC, held."partition" DESC, held."position" DESC, held."seq" DESC
    LIMIT 1) AS last
  WHERE ${VISIBLE('asked."reference"')}
  ORDER BY asked."n"`;

/** $3: type or null; $4, $5: the place after which to begin, or nulls; $6: how many. */
export const LIST = `
  SELECT entry."reference", entry."occurred_at" FROM "read_model"."data_entry" AS entry
  WHERE ${SCOPED('entry')} AND entry."basis" = 'registration'
    AND ($3::varchar IS NULL OR entry."resource_class" = $3)
    AND ($4::timestamptz IS NULL OR (entry."occurred_at", entry."reference") < ($4, $5::varchar))
    AND NOT EXISTS (SELECT 1 FROM "read_model"."data_entry" AS earlier
      WHERE ${SCOPED('earlier')} AND earlier."reference" = entry."reference" AND earlier."basis" = 'registration'
        AND ${CHRONOLOGY('earlier')} < ${CHRONOLOGY('entry')})
  ORDER BY entry."occurred_at" DESC, entry."reference" DESC LIMIT $6`;

/** As {@link LIST}; $7: the execution. */
export const LIST_OF_EXECUTION = `
  SELECT first."reference", first."occurred_at" FROM (
    SELECT entry."reference" FROM "read_model"."data_entry" AS entry
      WHERE ${SCOPED('entry')} AND entry."execution_id" = $7
    UNION
    SELECT content."reference" FROM "read_model"."data_entry" AS given CROSS JOIN LATERAL (${BEHIND('given')}) AS content
      WHERE ${SCOPED('given')} AND given."execution_id" = $7 AND given."basis" = 'given'
    UNION
    SELECT cited."source" FROM "read_model"."data_source" AS cited
      WHERE ${SCOPED('cited')} AND cited."execution_id" = $7) AS touched ("reference")
  CROSS JOIN LATERAL (${FIRST('touched."reference"')}) AS first
  WHERE ${VISIBLE('touched."reference"')}
    AND ($3::varchar IS NULL OR first."resource_class" = $3)
    AND ($4::timestamptz IS NULL OR (first."occurred_at", first."reference") < ($4, $5::varchar))
  ORDER BY first."occurred_at" DESC, first."reference" DESC LIMIT $6`;

/** $3: the reference; $4 to $8: the place after which to begin, or nulls; $9: how many. */
export const PROVENANCE = `
  SELECT fact.*,
    ARRAY(SELECT named."source" FROM "read_model"."data_source" AS named
      WHERE fact."basis" = 'registration' AND named."tenant_id" = $1 AND named."partition" = fact."partition"
        AND named."position" = fact."position" AND named."seq" = fact."seq" AND ${VISIBLE('named."source"')}
      ORDER BY named."place")::text[] AS "sources",
    NOT EXISTS (SELECT 1 FROM "read_model"."data_entry" AS earlier
      WHERE ${SCOPED('earlier')} AND earlier."reference" = $3 AND earlier."basis" = 'registration'
        AND ${CHRONOLOGY('earlier')} < ${CHRONOLOGY('fact')}) AS "is_first"
  FROM (
    SELECT entry."basis", entry."occurred_at", entry."partition", entry."position", entry."seq", entry."place",
      entry."stream_id", entry."user_id", entry."execution_id", entry."source_count", entry."decision_id",
      entry."pointers", NULL::varchar AS "derived_reference", NULL::varchar AS "via_reference"
    FROM "read_model"."data_entry" AS entry WHERE ${SCOPED('entry')} AND entry."reference" = $3
    UNION ALL
    SELECT given."basis", given."occurred_at", given."partition", given."position", given."seq", given."place",
      given."stream_id", given."user_id", given."execution_id", 0, given."decision_id", given."pointers", NULL,
      given."reference"
    FROM "read_model"."data_entry" AS given
    WHERE ${SCOPED('given')} AND given."basis" = 'given'
      AND given."reference" IN (SELECT named."source" FROM "read_model"."data_source" AS named
        WHERE named."tenant_id" = $1 AND named."reference" = $3)
      AND EXISTS (SELECT 1 FROM (${BEHIND('given')}) AS content WHERE content."reference" = $3)
    UNION ALL
    SELECT 'cited', cited."occurred_at", cited."partition", cited."position", cited."seq", cited."place" + 1,
      cited."stream_id", cited."user_id", cited."execution_id", 0, NULL, '[]'::jsonb, cited."reference", NULL
    FROM "read_model"."data_source" AS cited WHERE ${SCOPED('cited')} AND cited."source" = $3) AS fact
  WHERE $4::timestamptz IS NULL OR ${CHRONOLOGY('fact')} > ($4, $5::int, $6::bigint, $7::int, $8::int)
  ORDER BY fact."occurred_at", fact."partition", fact."position", fact."seq", fact."place" LIMIT $9`;

/**
 * Derivations: by what was named as a source, and where a registration names none, by what its execution was given. $3:
 * references at which to look; $4: how many. Both ends are visible: what is derived is registered within the scope.
 */
const edges = (at: { readonly cited: string; readonly given: string }): string => `
  SELECT cited."source", cited."reference", cited."execution_id", 'cited' AS "basis"
  FROM "read_model"."data_source" AS cited
  WHERE ${SCOPED('cited')} AND ${at.cited} = ANY($3::varchar[]) AND ${VISIBLE('cited."source"')}
  UNION
  SELECT given."reference", made."reference", made."execution_id", 'given'
  FROM "read_model"."data_entry" AS made
  JOIN "read_model"."data_entry" AS given ON given."tenant_id" = made."tenant_id"
    AND given."execution_id" = made."execution_id" AND given."basis" = 'given'
  WHERE ${SCOPED('made')} AND ${SCOPED('given')} AND made."basis" = 'registration' AND made."source_count" = 0
    AND ${at.given} = ANY($3::varchar[]) AND ${VISIBLE('given."reference"')}
  ORDER BY 1, 2, 3, 4 LIMIT $4`;

export const EDGES = {
  upstream: edges({ cited: 'cited."reference"', given: 'made."reference"' }),
  downstream: edges({ cited: 'cited."source"', given: 'given."reference"' }),
} as const;
