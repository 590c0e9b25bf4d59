import type { QueryRunner } from 'typeorm';

/**
 * Roles without a login, which the database user takes for as long as it needs what they may. It owns the tables and so
 * could read them all; row-level security is forced, and a superuser, whom nothing binds, gives that up with the role.
 */
export const ROLES = {
  /** Reads the rows of one tenant: the one that `intendant.tenant` names in its transaction. */
  reader: 'intendant_reader',
  /** Reads and writes every row; changes no table. */
  projector: 'intendant_projector',
  /** Reads what is about the platform: positions and counts of what is stuck. May ask for a rebuild. */
  overseer: 'intendant_overseer',
} as const;

/** The database user may neither take the roles of the read model nor make them. */
export class RolesMissing extends Error {
  constructor(user: string, cause: unknown) {
    const names = Object.values(ROLES).join(', ');
    super(
      `the database user ${user} may not take the roles ${names}: have them made with CREATE ROLE … NOLOGIN, and GRANT ${names} TO ${user}`,
      { cause },
    );
    this.name = 'RolesMissing';
  }
}

/** Roles are shared by the databases of a server: another one may be set up at the same time. */
const MADE_BY_ANOTHER = 'WHEN duplicate_object OR unique_violation THEN NULL;';

/** Before PostgreSQL 16 every member may take a role. */
const MAY_TAKE = `CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END`;

/** Makes the roles if they are not there and lets this user take them. Rejects with {@link RolesMissing} when it may do neither. */
export async function ensureRoles(runner: QueryRunner): Promise<void> {
  const missing: { role: string; user: string }[] = await runner.query(
    `SELECT wanted.role, current_user AS "user" FROM unnest($1::text[]) AS wanted(role)
     LEFT JOIN pg_roles ON rolname = wanted.role
     WHERE rolname IS NULL OR NOT pg_has_role(current_user, pg_roles.oid, ${MAY_TAKE})`,
    [Object.values(ROLES)],
  );
  for (const { role, user } of missing) {
    try {
      await runner.query(`DO $$ BEGIN CREATE ROLE "${role}" NOLOGIN; EXCEPTION ${MADE_BY_ANOTHER} END $$`);
      await runner.query(`DO $$ BEGIN GRANT "${role}" TO current_user; EXCEPTION ${MADE_BY_ANOTHER} END $$`);
    } catch (error) {
      throw new RolesMissing(user, error);
    }
  }
}
